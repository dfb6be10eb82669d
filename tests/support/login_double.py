# SPDX-License-Identifier: MIT
"""A server that plays a login as it is told: TLS either way, SCRAM and PLAIN for real, bind, and
whatever may go wrong on the way. And a name server for the records of a test."""

import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import unicodedata
from xml.sax.saxutils import escape, quoteattr

HASHES = {'SCRAM-SHA-1': 'sha1', 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512'}
STREAMS = 'http://etherx.jabber.org/streams'
CONDITIONS = 'urn:ietf:params:xml:ns:xmpp-streams'
SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'


def make_certificate(directory, name, alt_names, days=30, start=None, ca=None, common_name=None):
    """name.crt and name.key with the subjectAltName lines given (openssl.cnf(5)); signed by
    itself, or by `ca`, another name in the directory. `start`: days from now (may be negative)."""
    common_name = common_name or name
    config = directory / f'{name}.cnf'
    names = '\n'.join(alt_names)
    config.write_text('[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n'
                      f'[dn]\nCN={common_name}\n[e]\nbasicConstraints=CA:{"FALSE" if ca else "TRUE"}\n'
                      + ('subjectAltName=@s\n' if names else '') + f'[s]\n{names}\n')
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-utf8']

    def openssl(*args):
        subprocess.run(['openssl', *map(str, args)], cwd=directory, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    if not ca:
        openssl('req', '-x509', *key, '-keyout', f'{name}.key', '-out', f'{name}.crt', '-days', days,
                '-config', config, '-extensions', 'e')
        return directory / f'{name}.crt'
    openssl('req', *key, '-keyout', f'{name}.key', '-out', f'{name}.csr', '-config', config)
    if start is None:
        openssl('x509', '-req', '-in', f'{name}.csr', '-CA', f'{ca}.crt', '-CAkey', f'{ca}.key',
                '-CAcreateserial', '-out', f'{name}.crt', '-days', days, '-extfile', config,
                '-extensions', 'e')
        return directory / f'{name}.crt'
    # `openssl x509` cannot date a certificate; `openssl ca` can.
    stamp = [time.strftime('%Y%m%d%H%M%SZ', time.gmtime(time.time() + 86400 * d))
             for d in (start, start + days)]
    (directory / 'index.txt').write_text('')
    (directory / 'ca.cnf').write_text(
        '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n'
        'default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n')
    openssl('ca', '-batch', '-config', 'ca.cnf', '-cert', f'{ca}.crt', '-keyfile', f'{ca}.key', '-in',
            f'{name}.csr', '-out', f'{name}.crt', '-startdate', stamp[0], '-enddate', stamp[1],
            '-extfile', config, '-extensions', 'e', '-notext')
    return directory / f'{name}.crt'


def fingerprint(certificate):
    der = subprocess.run(['openssl', 'x509', '-in', certificate, '-outform', 'DER'], check=True,
                         stdout=subprocess.PIPE).stdout
    return hashlib.sha256(der).hexdigest()


class Closed(Exception):
    pass


class LoginDouble:
    """Listens on one address. What it does is in its attributes, which a test may change at any
    time; what it saw is in `log`, a list of words.

    domain, passwords {user: as a server stores it, prepared}, certificate (path without suffix)
    mechanisms: offered. broken: {mechanism: condition, or (condition, text), or 'close'}
    direct: TLS with the first byte. starttls: offered.
    act: {place: what} with places 'tcp', 'header' (in clear), 'tls' (behind the header within),
      'sasl' (behind it), 'bind', 'up', and what
      'close', 'silent', ('error', condition, content), ('web',), for bind ('conflict', names)
    idle: cuts a session after so many seconds without a byte.
    """

    def __init__(self, host='127.0.0.1', port=0, **attributes):
        self.domain, self.passwords, self.certificate = 'xft.test', {}, None
        self.mechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256']
        self.broken, self.act = {}, {}
        self.direct, self.starttls, self.idle = False, True, None
        self.says_from = None
        self.log, self.open, self.bound = [], [], []
        self.family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=self.family)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.set(**attributes)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f'[{self.host}]:{self.port}' if ':' in self.host else f'{self.host}:{self.port}'

    def set(self, **attributes):
        for name, value in attributes.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def reset(self):
        self.set(mechanisms=['SCRAM-SHA-1', 'SCRAM-SHA-256'], broken={}, act={}, direct=False,
                 starttls=True, idle=None, says_from=None)
        self.log.clear()
        self.bound.clear()

    def logins(self):
        return self.log.count('up')

    def close(self):
        self.listener.close()
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # --- one connection ---

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self.log.append('tcp')
        connection.settimeout(30)
        login = _Login(self, connection)
        try:
            login.run()
        except (Closed, OSError, ssl.SSLError) as e:
            self.log.append(f'ended {e}'.strip())
        finally:
            try:
                login.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            login.connection.close()


class _Login:
    def __init__(self, double, connection):
        self.double, self.connection, self.buffer = double, connection, ''
        self.alpn = None

    def run(self):
        d = self.double
        self._do('tcp')
        if d.direct:
            self._start_tls()
        else:
            self._header()
            self._send('<stream:features>' + ("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                                              if d.starttls else '') + '</stream:features>')
            self._until(r'<starttls[^>]*/>')
            self._send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            self._start_tls()
        self._header()
        self._do('tls')
        names = ''.join(f'<mechanism>{name}</mechanism>' for name in d.mechanisms)
        self._send(f"<stream:features><mechanisms xmlns='{SASL}'>{names}</mechanisms></stream:features>")
        user = self._authenticate()
        self._header()
        self._do('sasl')   # behind it
        self._send("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>")
        self._bind(user)
        self._do('up')
        self._live()

    # --- bytes ---

    def _send(self, text):
        self.connection.sendall(text.encode())

    def _read(self):
        data = self.connection.recv(4096)
        if not data:
            raise Closed
        self.buffer += data.decode(errors='replace')

    def _until(self, pattern):
        while not (match := re.search(pattern, self.buffer, re.S)):
            self._read()
        self.buffer = self.buffer[match.end():]
        return match

    def _do(self, place):
        what = self.double.act.get(place)
        if what is None:
            return
        if what == 'close':
            raise Closed(place)
        if what == 'silent':
            time.sleep(60)
            raise Closed(place)
        if what[0] == 'web':
            self._read()
            self._send('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html></html>')
            raise Closed(place)
        if what[0] == 'error':
            content = escape(what[2]) if len(what) > 2 else ''
            self._send(f"<stream:error><{what[1]} xmlns='{CONDITIONS}'>{content}</{what[1]}></stream:error>"
                       '</stream:stream>')
            raise Closed(what[1])

    def _header(self):
        match = self._until(r'<stream:stream([^>]*)>')
        to = re.search(r'''\bto=["']([^"']*)''', match[1])
        self.double.log.append('to ' + (to[1] if to else ''))
        sender = self.double.says_from or self.double.domain
        self._send(f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{STREAMS}' "
                   f"id='1' version='1.0' from={quoteattr(sender)}>")
        if not isinstance(self.connection, ssl.SSLSocket):
            self._do('header')

    def _start_tls(self):
        d = self.double
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f'{d.certificate}.crt', f'{d.certificate}.key')
        context.set_alpn_protocols(['xmpp-client'])
        context.sni_callback = lambda _socket, name, _context: d.log.append(f'sni {name}')
        self.connection = context.wrap_socket(self.connection, server_side=True)
        d.open.append(self.connection)
        if self.connection.selected_alpn_protocol():
            d.log.append('alpn ' + self.connection.selected_alpn_protocol())
        self.buffer = ''

    # --- SASL ---

    def _authenticate(self):
        while True:
            match = self._until(r'''<auth[^>]*mechanism=["']([^"']*)["'][^>]*>([^<]*)</auth>''')
            mechanism, first = match[1], base64.b64decode(match[2])
            self.double.log.append(mechanism)
            trouble = self.double.broken.get(mechanism)
            if trouble == 'close':
                raise Closed(mechanism)
            if not trouble:
                user = (self._plain(first) if mechanism == 'PLAIN'
                        else self._scram(HASHES[mechanism], first.decode()))
                if user:
                    return user
                trouble = 'not-authorized'
            condition, text = (trouble, '') if isinstance(trouble, str) else trouble
            text = f"<text xml:lang='en'>{escape(text)}</text>" if text else ''
            self._send(f"<failure xmlns='{SASL}'><{condition}/>{text}</failure>")

    def _succeed(self, text=''):
        self._send(f"<success xmlns='{SASL}'>{text}</success>")

    def _plain(self, message):
        _, user, password = message.decode().split('\0')
        if self.double.passwords.get(user) != password:
            return None
        self._succeed()
        return user

    def _scram(self, name, first):
        bare = first[3:]
        user, nonce = re.fullmatch(r'n=([^,]*),r=(.*)', bare).groups()
        if '=' in user.replace('=2C', '').replace('=3D', ''):
            return None
        user = user.replace('=2C', ',').replace('=3D', '=')
        password = unicodedata.normalize('NFKC', self.double.passwords.get(user, os.urandom(8).hex()))
        salt, rounds = os.urandom(12), 4096
        server_first = f'r={nonce}zz,s={base64.b64encode(salt).decode()},i={rounds}'
        self._send(f"<challenge xmlns='{SASL}'>{base64.b64encode(server_first.encode()).decode()}</challenge>")
        final = base64.b64decode(self._until(r'<response[^>]*>([^<]*)</response>')[1]).decode()
        without_proof, proof = final.rsplit(',p=', 1)
        salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, rounds)
        client_key = hmac.digest(salted, b'Client Key', name)
        message = f'{bare},{server_first},{without_proof}'.encode()
        signature = hmac.digest(hashlib.new(name, client_key).digest(), message, name)
        if bytes(a ^ b for a, b in zip(client_key, signature)) != base64.b64decode(proof):
            return None
        verifier = hmac.digest(hmac.digest(salted, b'Server Key', name), message, name)
        self._succeed(base64.b64encode(b'v=' + base64.b64encode(verifier)).decode())
        return user

    # --- the session ---

    def _bind(self, user):
        d = self.double
        iq = self._until(r'<iq[^>]*_xmpp_bind1[^>]*>.*?</iq>')[0]
        asked = re.search(r'<resource>(.*?)</resource>', iq, re.S)
        resource = asked[1] if asked else 'made-up'
        d.log.append(f'bind {asked[1] if asked else ""}')
        trouble = d.act.get('bind')
        if trouble and (trouble[1] is None or resource in trouble[1]):
            self._send(f"<iq type='error' id='_xmpp_bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                       f"<resource>{resource}</resource></bind><error type='cancel'>"
                       f"<{trouble[0]} xmlns='{STANZAS}'/></error></iq>")
            raise Closed(trouble[0])
        self.jid = f'{user}@{d.domain}/{resource}'
        self._send(f"<iq type='result' id='_xmpp_bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                   f'<jid>{escape(self.jid)}</jid></bind></iq>')
        d.bound.append(self.jid)
        d.log.append('up')

    def _live(self):
        """Answers every request with an empty result, until the end or an idle cut."""
        d = self.double
        while True:
            self.connection.settimeout(d.idle or 600)
            try:
                self._read()
            except TimeoutError:
                d.log.append('cut')
                self._send('</stream:stream>')
                raise Closed('idle') from None
            for iq in re.findall(r'''<iq ([^>]*)>''', self.buffer):
                kind = re.search(r'''type=["'](get|set)''', iq)
                sid = re.search(r'''id=["']([^"']*)''', iq)
                to = re.search(r'''to=["']([^"']*)''', iq)
                if kind and sid:
                    sender = f' from={quoteattr(to[1])}' if to else ''
                    self._send(f"<iq type='result' id='{sid[1]}'{sender}/>")
            if '</stream:stream>' in self.buffer:
                self._send('</stream:stream>')
                raise Closed('said goodbye')
            self.buffer = ''


class NameServer:
    """Answers from `records`: {(name, type): [value, ...]}; SRV values are (priority, weight, port,
    target), A and AAAA values addresses. Anything else does not exist. Silent when `silent`."""

    TYPES = {1: 'A', 28: 'AAAA', 33: 'SRV'}

    def __init__(self, records=None, host='127.0.0.1', port=53):
        self.records, self.silent, self.asked = dict(records or {}), False, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.socket.settimeout(0.2)
        self.closed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.closed = True
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while not self.closed:
            try:
                query, who = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            if not self.silent:
                self.socket.sendto(self._answer(query), who)

    @staticmethod
    def _name(text):
        labels = [label.encode() for label in text.strip('.').split('.') if label]
        return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode(errors='replace'))
            at += 1 + query[at]
        kind = self.TYPES.get(struct.unpack('!H', query[at + 1:at + 3])[0], '')
        question = query[12:at + 5]
        name = '.'.join(labels).lower()
        self.asked.append((name, kind))
        values = self.records.get((name, kind), [])
        known = any(key[0] == name for key in self.records)
        answers = b''
        for value in values:
            if kind == 'SRV':
                data = struct.pack('!HHH', *value[:3]) + self._name(value[3])
            else:
                data = socket.inet_pton(socket.AF_INET if kind == 'A' else socket.AF_INET6, value)
            answers += b'\xc0\x0c' + question[-4:] + struct.pack('!IH', 60, len(data)) + data
        flags = 0x8580 if known else 0x8583
        return query[:2] + struct.pack('!HHHHH', flags, 1, len(values), 0, 0) + question + answers
