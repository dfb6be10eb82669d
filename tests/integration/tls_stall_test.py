# SPDX-License-Identifier: MIT
"""Openfire 4.2.3: what follows the TLS 1.3 handshake at once is not looked at until more bytes come."""

import pathlib
import socket
import ssl
import subprocess
import tempfile
import unittest

from lab import build_directory
from servers import make_certificates

DOMAIN = 'xft.test'
HEADER = ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' "
          f"from='{DOMAIN}' id='2k0ku65gn1' xml:lang='en' version='1.0'>")
STARTTLS = ("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls>"
            "</stream:features>")
MECHANISMS = ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
              "<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>")


class SittingOpenfire:
    """One login of one client, as far as its <auth/>."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        make_certificates(self.directory, DOMAIN, '127.0.0.1')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(20)
        self.port = self.listener.getsockname()[1]

    def close(self):
        self.listener.close()

    def hear_login(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(20)
            self.hear(connection, '>', after='<stream:stream')
            connection.sendall((HEADER + STARTTLS).encode())
            self.hear(connection, '/>', after='<starttls')
            connection.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(self.directory / 'server.crt', self.directory / 'server.key')
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.settimeout(20)
                self.hear(secured, '>', after='<stream:stream')
                more = secured.recv(4096).decode()   # sits until then
                secured.sendall((HEADER + MECHANISMS).encode())
                return more, self.hear(secured, '</auth>', after='<auth')

    @staticmethod
    def hear(connection, end, after):
        text = ''
        while after not in text or end not in text[text.index(after):]:
            data = connection.recv(4096)
            if not data:
                raise ConnectionError(f'the client went away after {text!r}')
            text += data.decode()
        return text


class TlsStall(unittest.TestCase):
    def test_a_login_goes_on_though_the_server_sits_on_it(self):
        probe = build_directory() / 'tests' / 'support' / 'xmpp_probe'
        if not probe.exists():
            self.skipTest('xmpp_probe not built')
        with tempfile.TemporaryDirectory(prefix='xmppft-stall.') as directory:
            server = SittingOpenfire(directory)
            self.addCleanup(server.close)
            client = subprocess.Popen(
                [probe, '--host', '127.0.0.1', '--port', str(server.port), '--ca',
                 str(server.directory / 'ca.pem'), '--stay', '60', f'alice@{DOMAIN}/r1', 'secret'],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                more, auth = server.hear_login()
            finally:
                client.kill()
                client.wait()
        self.assertEqual(more.strip(), '')   # white space, which means nothing
        self.assertIn("SCRAM-SHA-1", auth)


if __name__ == '__main__':
    unittest.main()
