# SPDX-License-Identifier: MIT
"""An XMPP server that says exactly what a test tells it to: the other end of RawPeer."""

import itertools
import pathlib
import socket
import ssl
import time
import xml.etree.ElementTree as ET

from process import Timeout
from rawpeer import CLIENT, FEATURES, STANZAS, RawPeer
from servers import make_certificates

TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
SESSION = 'urn:ietf:params:xml:ns:xmpp-session'
ROSTER = 'jabber:iq:roster'


class RawServer:
    """Listens on loopback. Each accept() is one client, whose stream the test speaks."""

    def __init__(self, directory, domain='raw.test'):
        self.domain = domain
        certificates = pathlib.Path(directory) / 'raw-server'
        make_certificates(certificates, domain)
        self.ca = certificates / 'ca.pem'
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates / 'server.crt', certificates / 'server.key')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.listener.getsockname()[1]

    def close(self):
        self.listener.close()

    def accept(self, timeout=20):
        self.listener.settimeout(timeout)
        return ServerStream(self, self.listener.accept()[0])


class ServerStream(RawPeer):
    """One client's stream, and all contacts beyond it. `roster` is what a roster get is answered with."""

    def __init__(self, server, connection):
        self.server = server
        self.domain = server.domain
        self.socket = connection
        self.socket.settimeout(20)
        self.features = FEATURES
        self.inbox = []
        self.ids = itertools.count(1)
        self.roster = ''
        self.jid = None      # the client's, once bound

    def open(self, features):
        """Reads the client's stream header, sends ours and what we offer, if anything."""
        self.parser = ET.XMLPullParser(('start', 'end'))
        self.depth, self.root = 0, None
        while self.root is None:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the client closed the stream')
            self.parser.feed(data)
            for _, element in self.parser.read_events():
                self.depth, self.root = 1, element
                break
        self._raw(f"<?xml version='1.0'?><stream:stream from='{self.domain}' id='s1' version='1.0' "
                  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
                  + ('' if features is None else f'<stream:features>{features}</stream:features>'))

    def start_tls(self):
        self.open(f"<starttls xmlns='{TLS}'><required/></starttls>")
        assert self._next_child(20).tag == f'{{{TLS}}}starttls'
        self._raw(f"<proceed xmlns='{TLS}'/>")
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        self.open(f"<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>")

    def sasl_failure(self, condition, text=''):
        assert self._next_child(20).tag == f'{{{SASL}}}auth'
        self._raw(f"<failure xmlns='{SASL}'><{condition}/><text>{text}</text></failure>")

    def log_in(self, jid):
        """TLS, PLAIN, bind and what follows up to the first presence: whoever comes is `jid`."""
        self.start_tls()
        assert self._next_child(20).tag == f'{{{SASL}}}auth'
        self._raw(f"<success xmlns='{SASL}'/>")
        self.open(f"<bind xmlns='{BIND}'/><session xmlns='{SESSION}'><optional/></session>")
        self.jid = jid
        self.result(self.expect_request(f'{{{BIND}}}bind'), f"<bind xmlns='{BIND}'><jid>{jid}</jid></bind>")
        self.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('to') is None)

    def serve_until(self, what, condition, timeout=20):
        """Answers what comes until `condition` is true, and returns what it gave."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise Timeout(f'{what}: not within {timeout} s')
            try:
                while True:
                    self._answered(self._next_child(0.02))
            except Timeout:
                pass
        return value

    def stream_error(self, condition, text=''):
        streams = 'urn:ietf:params:xml:ns:xmpp-streams'
        self._raw(f"<stream:error><{condition} xmlns='{streams}'/><text xmlns='{streams}'>{text}</text>"
                  '</stream:error></stream:stream>')

    def _answered(self, stanza):
        if stanza.get('type') == 'get' and stanza.find(f'{{{ROSTER}}}query') is not None:
            self.result(stanza, f"<query xmlns='{ROSTER}'>{self.roster}</query>")
        elif stanza.find(f'{{{SESSION}}}session') is not None:
            self.result(stanza)
        elif not super()._answered(stanza):
            return False
        return True

    def result(self, request, payload=''):
        self.answer_iq(request, 'result', payload)

    def error(self, request, condition, kind='cancel', text=''):
        self.answer_iq(request, 'error', f"<error type='{kind}'><{condition} xmlns='{STANZAS}'/>"
                       + (f"<text xmlns='{STANZAS}'>{text}</text>" if text else '') + '</error>')

    def answer_iq(self, request, kind, payload):
        """Answers as whom the client asked."""
        to = request.get('to')
        self.send(f"<iq type='{kind}' id='{request.get('id')}' to='{self.jid}'"
                  + (f" from='{to}'" if to else '') + f'>{payload}</iq>')
