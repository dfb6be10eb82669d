# SPDX-License-Identifier: MIT
"""A bare XMPP client that says exactly what a test tells it to, also what no honest client would.

Log in, send text, expect stanzas. It answers disco#info and ping by itself, nothing else.
"""

import base64
import collections
import hashlib
import hmac
import itertools
import os
import select
import socket
import ssl
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from process import Timeout

CLIENT = '{jabber:client}'
SI = 'http://jabber.org/protocol/si'
FILE = 'http://jabber.org/protocol/si/profile/file-transfer'
FEATURE_NEG = 'http://jabber.org/protocol/feature-neg'
S5B = 'http://jabber.org/protocol/bytestreams'
IBB = 'http://jabber.org/protocol/ibb'
DISCO_INFO = 'http://jabber.org/protocol/disco#info'
PING = 'urn:xmpp:ping'
STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
FEATURES = [DISCO_INFO, SI, FILE, S5B, IBB]


class RawPeer:
    """One logged-in session. Use as a context manager."""

    def __init__(self, server, user, resource='raw', features=FEATURES):
        self.domain = server.domain
        self.user = user
        self.jid = f'{user}@{server.domain}/{resource}'
        self.features = list(features)
        self.inbox = collections.deque()
        self.ids = itertools.count(1)
        self.socket = socket.create_connection(('127.0.0.1', server.port), timeout=20)
        self._open_stream()
        self._raw("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        assert self._next_child(20).tag.endswith('proceed')
        context = ssl.create_default_context(cafile=str(server.ca))
        self.socket = context.wrap_socket(self.socket, server_hostname=self.domain)
        self._open_stream()
        self._authenticate(server.accounts[user])
        self._open_stream()
        bound = self.request('set', None, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                             f'<resource>{escape(resource)}</resource></bind>')
        self.jid = bound.find('.//{urn:ietf:params:xml:ns:xmpp-bind}jid').text
        self.request('set', None, "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # --- stream ---

    def _raw(self, text):
        self.socket.settimeout(20)
        self.socket.sendall(text.encode())

    def _new_parser(self):
        self.parser = ET.XMLPullParser(('start', 'end'))
        self.depth = 0
        self.root = None

    def _open_stream(self):
        self._new_parser()
        self._raw(f"<?xml version='1.0'?><stream:stream to='{self.domain}' version='1.0' "
                  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
        return self._next_child(20)   # <stream:features/>

    def _parsed(self):
        """The next complete child of the stream that is already here, or None."""
        for event, element in self.parser.read_events():
            if event == 'start':
                self.depth += 1
                if self.depth == 1:
                    self.root = element
                continue
            self.depth -= 1
            if self.depth == 1:
                self.root.remove(element)
                return element
        return None

    def _next_child(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            child = self._parsed()
            if child is not None:
                return child
            left = deadline - time.monotonic()
            if left <= 0:
                raise Timeout('no stanza came')
            pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
            if not pending and not select.select([self.socket], [], [], left)[0]:
                raise Timeout('no stanza came')
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the server closed the stream')
            self.parser.feed(data)

    def _authenticate(self, password):
        """SCRAM-SHA-1 (RFC 5802)."""
        nonce = base64.b64encode(os.urandom(12)).decode()
        first = f'n={self.user},r={nonce}'
        self._raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>"
                  f"{base64.b64encode(('n,,' + first).encode()).decode()}</auth>")
        challenge = base64.b64decode(self._next_child(20).text).decode()
        fields = dict(field.split('=', 1) for field in challenge.split(','))
        salted = hashlib.pbkdf2_hmac('sha1', password.encode(), base64.b64decode(fields['s']),
                                     int(fields['i']))
        client_key = hmac.digest(salted, b'Client Key', 'sha1')
        bare = f'c=biws,r={fields["r"]}'
        signature = hmac.digest(hashlib.sha1(client_key).digest(),
                                f'{first},{challenge},{bare}'.encode(), 'sha1')
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        final = f'{bare},p={base64.b64encode(proof).decode()}'
        self._raw("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                  f'{base64.b64encode(final.encode()).decode()}</response>')
        answer = self._next_child(20)
        assert answer.tag.endswith('success'), ET.tostring(answer)

    # --- stanzas ---

    def send(self, text):
        self._raw(text)

    def presence(self, to=None, kind=None):
        self.send(f'<presence{attr("to", to)}{attr("type", kind)}/>')

    def subscribe(self, bare_jid):
        self.presence(bare_jid, 'subscribe')

    def approve(self, bare_jid):
        """Waits for the contact's request to see us, and allows it."""
        self.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') == 'subscribe'
                    and s.get('from') == bare_jid)
        self.presence(bare_jid, 'subscribed')

    def iq(self, kind, to, payload='', iq_id=None):
        """Sends an iq and returns its id."""
        iq_id = iq_id or f'raw{next(self.ids)}'
        self.send(f"<iq type='{kind}' id='{iq_id}'{attr('to', to)}>{payload}</iq>")
        return iq_id

    def request(self, kind, to, payload, timeout=20):
        """Sends an iq get or set and returns the answer."""
        return self.answer_to(self.iq(kind, to, payload), timeout)

    def answer_to(self, iq_id, timeout=20):
        return self.expect(lambda s: s.tag == CLIENT + 'iq' and s.get('id') == iq_id
                           and s.get('type') in ('result', 'error'), timeout)

    def result(self, request, payload=''):
        self.iq('result', request.get('from'), payload, request.get('id'))

    def error(self, request, condition, kind='cancel'):
        self.iq('error', request.get('from'),
                f"<error type='{kind}'><{condition} xmlns='{STANZAS}'/></error>", request.get('id'))

    def expect(self, wanted, timeout=20):
        """The first stanza, kept or new, that `wanted` likes. Others are kept for later."""
        for stanza in list(self.inbox):
            if wanted(stanza):
                self.inbox.remove(stanza)
                return stanza
        deadline = time.monotonic() + timeout
        while True:
            stanza = self._next_child(max(0, deadline - time.monotonic()))
            if wanted(stanza):
                return stanza
            if not self._answered(stanza):
                self.inbox.append(stanza)

    def expect_request(self, payload_tag, timeout=20):
        """The next iq get or set whose payload is `{namespace}name`."""
        return self.expect(lambda s: s.tag == CLIENT + 'iq' and s.get('type') in ('get', 'set')
                           and s.find(payload_tag) is not None, timeout)

    def expect_nothing(self, wanted, seconds):
        try:
            stanza = self.expect(wanted, seconds)
        except Timeout:
            return
        raise AssertionError('did not expect ' + ET.tostring(stanza, 'unicode'))

    def _answered(self, stanza):
        if stanza.tag != CLIENT + 'iq' or stanza.get('type') != 'get':
            return False
        query = stanza.find(f'{{{DISCO_INFO}}}query')
        if query is not None:
            features = ''.join(f"<feature var='{feature}'/>" for feature in self.features)
            self.result(stanza, f"<query xmlns='{DISCO_INFO}'{attr('node', query.get('node'))}>"
                        f"<identity category='client' type='bot'/>{features}</query>")
            return True
        if stanza.find(f'{{{PING}}}ping') is not None:
            self.result(stanza)
            return True
        return False

    # --- what file transfer is made of ---

    def offer(self, to, sid, name, size, methods=(IBB,), extra='', timeout=60):
        """An SI file offer (XEP-0096). Returns the answering iq."""
        return self.answer_to(self.iq('set', to, si_offer(sid, name, size, methods, extra)), timeout)

    def ibb_open(self, to, sid, block_size=4096, stanza='iq'):
        return self.request('set', to, f"<open xmlns='{IBB}' sid='{sid}' "
                            f"block-size='{block_size}' stanza='{stanza}'/>")

    def ibb_data(self, to, sid, seq, data):
        """Sends one block, does not wait. Returns its iq id."""
        return self.iq('set', to, f"<data xmlns='{IBB}' sid='{sid}' seq='{seq}'>"
                       f'{base64.b64encode(data).decode()}</data>')

    def ibb_close(self, to, sid):
        return self.request('set', to, f"<close xmlns='{IBB}' sid='{sid}'/>")

    def ibb_send(self, to, sid, data, block_size=4096, window=32):
        """The whole stream, with `window` blocks in flight. Asserts that each is acknowledged."""
        opened = self.ibb_open(to, sid, block_size)
        assert opened.get('type') == 'result', ET.tostring(opened)
        in_flight = collections.deque()
        for index, start in enumerate(range(0, len(data), block_size)):
            if len(in_flight) == window:
                self._acknowledged(in_flight.popleft())
            in_flight.append(self.ibb_data(to, sid, index % 65536, data[start:start + block_size]))
        while in_flight:
            self._acknowledged(in_flight.popleft())
        return self.ibb_close(to, sid)

    def ibb_receive(self, timeout=60):
        """Accepts the next offer, in-band, and returns what comes."""
        offer = self.expect_request(f'{{{SI}}}si', timeout)
        self.result(offer, si_choice(IBB))
        self.result(self.expect_request(f'{{{IBB}}}open'))
        data = b''
        while True:
            stanza = self.expect(lambda s: s.tag == CLIENT + 'iq' and s.get('type') == 'set' and any(
                s.find(f'{{{IBB}}}{name}') is not None for name in ('data', 'close')))
            self.result(stanza)
            block = stanza.find(f'{{{IBB}}}data')
            if block is None:
                return data
            data += base64.b64decode(block.text)

    def _acknowledged(self, iq_id):
        answer = self.answer_to(iq_id)
        assert answer.get('type') == 'result', ET.tostring(answer)


def attr(name, value):
    return '' if value is None else f' {name}={quoteattr(value)}'


def si_offer(sid, name, size, methods, extra=''):
    options = ''.join(f'<option><value>{method}</value></option>' for method in methods)
    return (f"<si xmlns='{SI}' id='{sid}' profile='{FILE}'>"
            f"<file xmlns='{FILE}' name={quoteattr(name)} size='{size}'{extra}/>"
            f"<feature xmlns='{FEATURE_NEG}'><x xmlns='jabber:x:data' type='form'>"
            f"<field var='stream-method' type='list-single'>{options}</field></x></feature></si>")


def si_choice(method):
    """The payload that accepts an offer with one method."""
    return (f"<si xmlns='{SI}'><feature xmlns='{FEATURE_NEG}'><x xmlns='jabber:x:data' type='submit'>"
            f"<field var='stream-method'><value>{method}</value></field></x></feature></si>")


def chosen_method(answer):
    """The method that an SI answer names, or None."""
    value = answer.find('.//{jabber:x:data}value')
    return None if value is None else value.text


def condition(answer):
    """The stanza error condition of an error answer, or None."""
    for element in answer.iter():
        if element.tag.startswith(f'{{{STANZAS}}}'):
            return element.tag.split('}')[1]
    return None


def socks_hash(sid, requester, target):
    return hashlib.sha1((sid + requester + target).encode()).hexdigest()


def socks_connect(host, port, digest, timeout=10, source=None):
    """Asks a SOCKS5 streamhost for a stream (XEP-0065). Returns the connected socket."""
    stream = socket.create_connection((host, port), timeout=timeout, source_address=source)
    stream.sendall(b'\x05\x01\x00')
    if read_exactly(stream, 2) != b'\x05\x00':
        raise ConnectionError('method refused')
    stream.sendall(b'\x05\x01\x00\x03' + bytes([len(digest)]) + digest.encode() + b'\x00\x00')
    head = read_exactly(stream, 5)
    if head[1] != 0:
        raise ConnectionError(f'SOCKS reply {head[1]}')
    read_exactly(stream, head[4] + 2)
    return stream


def read_exactly(stream, count):
    data = b''
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise ConnectionError('closed in the middle')
        data += more
    return data
