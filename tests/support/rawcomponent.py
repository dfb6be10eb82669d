# SPDX-License-Identifier: MIT
"""A bare external component (XEP-0114): whoever it says it is at its own domain, with or without a
user part, with or without a resource."""

import collections
import hashlib
import itertools
import re
import socket
from xml.sax.saxutils import quoteattr

from rawpeer import CLIENT, FEATURES, RawPeer

NAMESPACE = 'jabber:component:accept'


class RawComponent(RawPeer):
    """One address of the component `disk.DOMAIN` of a server that has it. Says and hears what a
    RawPeer does, in the name of `jid`."""

    def __init__(self, server, user='', features=FEATURES):
        self.domain = f'disk.{server.domain}'
        self.user = user
        self.jid = f'{user}@{self.domain}' if user else self.domain
        self.features = list(features)
        self.inbox = collections.deque()
        self.ids = itertools.count(1)
        self.socket = socket.create_connection((server.host, server.component_port), timeout=20)
        self._raw(f"<stream:stream to='{self.domain}' xmlns='{NAMESPACE}' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        self._new_parser()
        stream_id = self._stream_id()
        digest = hashlib.sha1((stream_id + server.component_secret).encode()).hexdigest()
        self._raw(f'<handshake>{digest}</handshake>')
        assert self._next_child(20).tag == CLIENT + 'handshake'

    def _stream_id(self):
        while self.root is None:
            self.parser.feed(self.socket.recv(65536))
            self._parsed()
        return self.root.get('id')

    def _parsed(self):
        child = super()._parsed()
        if child is not None:
            for element in child.iter():
                element.tag = element.tag.replace(f'{{{NAMESPACE}}}', CLIENT)
        return child

    def send(self, text):
        super().send(re.sub(r'^<(iq|presence|message)\b',
                            lambda start: f'{start[0]} from={quoteattr(self.jid)}', text))
