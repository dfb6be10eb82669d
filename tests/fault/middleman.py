# SPDX-License-Identifier: MIT
"""Stands between clients and the server with the server's own certificate, and sees each stanza: it passes it on,
late or twice, keeps it, or answers it itself.

    middleman = Middleman(server)            # clients connect to middleman.port
    middleman.treat = treat                  # treat(stanza, goes_up) -> [(seconds from now, goes_up, stanza)]
"""

import re
import select
import socket
import ssl
import threading
import time

BLOCK = 1 << 16
TAG = re.compile(rb'''<(?:[^>"']|"[^"]*"|'[^']*')*>''')
TLS = b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
STREAM = (b"<?xml version='1.0'?><stream:stream %s version='1.0' xmlns='jabber:client' "
          b"xmlns:stream='http://etherx.jabber.org/streams'>")


def pass_on(stanza, goes_up):
    return [(0, goes_up, stanza)]


class Splitter:
    """Cuts a stream into its header and stanzas, byte for byte."""

    def __init__(self):
        self.rest, self.depth = b'', 0

    def feed(self, data):
        self.rest += data
        begun = 0
        for tag in TAG.finditer(self.rest):
            word = tag[0]
            if word.startswith(b'<stream:stream'):
                self.depth = 1
            elif word.startswith(b'</'):
                self.depth -= 1
            elif not word.startswith(b'<?') and not word.endswith(b'/>'):
                self.depth += 1
            if self.depth <= 1:
                yield self.rest[begun:tag.end()]
                begun = tag.end()
        # What is in the middle of a stanza is looked at again, with the depth of its beginning.
        self.rest = self.rest[begun:]
        if self.rest and self.depth > 1:
            self.depth = 1


class Middleman:
    def __init__(self, server):
        self.server = server
        self.treat = pass_on
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(server.certificates / 'server.crt', server.certificates / 'server.key')
        self.door = socket.create_server(('127.0.0.1', 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()

    def _serve(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=[client], daemon=True).start()

    def _join(self, client):
        try:
            above = socket.create_connection(('127.0.0.1', self.server.port), timeout=20)
            client.settimeout(20)
            self._read_to(client, b'<stream:stream')
            client.sendall(STREAM % b"id='m'" + b'<stream:features><starttls ' + TLS
                           + b'><required/></starttls></stream:features>')
            self._read_to(client, b'<starttls')
            client.sendall(b'<proceed ' + TLS + b'/>')
            client = self.context.wrap_socket(client, server_side=True)
            above.sendall(STREAM % (b"to='%s'" % self.server.domain.encode()))
            self._read_to(above, b'</stream:features')
            above.sendall(b'<starttls ' + TLS + b'/>')
            self._read_to(above, b'<proceed')
            context = ssl.create_default_context(cafile=str(self.server.ca))
            above = context.wrap_socket(above, server_hostname=self.server.domain)
            self._talk(client, above)
        except (OSError, ValueError):
            pass
        client.close()
        above.close()

    @staticmethod
    def _read_to(stream, tag):
        """Until this tag is there as a whole."""
        data = b''
        while not any(each.startswith(tag) for each in TAG.findall(data)):
            if not (block := stream.recv(BLOCK)):
                raise ConnectionError('ended')
            data += block

    def _talk(self, client, above):
        splitters = {client: Splitter(), above: Splitter()}
        waiting = []   # (when, order, goes up, stanza)
        order = 0
        while True:
            now = time.monotonic()
            for item in sorted(each for each in waiting if each[0] <= now):
                waiting.remove(item)
                stream = above if item[2] else client
                stream.settimeout(20)
                stream.sendall(item[3])
            ready = [each for each in splitters if each.pending()]
            if not ready:
                due = min((each[0] for each in waiting), default=now + 1)
                ready = select.select(list(splitters), [], [], max(0, due - now))[0]
            for stream in ready:
                stream.settimeout(0)
                try:
                    data = stream.recv(BLOCK)
                except ssl.SSLWantReadError:   # a ticket of the server's, or half a record
                    continue
                if not data:
                    return
                for stanza in splitters[stream].feed(data):
                    for seconds, goes_up, out in self.treat(stanza, stream is client):
                        waiting.append((time.monotonic() + seconds, order, goes_up, out))
                        order += 1
