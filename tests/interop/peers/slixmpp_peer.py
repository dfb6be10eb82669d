# SPDX-License-Identifier: MIT
"""A peer on slixmpp; tests/interop/README.md says how all peers are spoken to.

The library has SI (XEP-0095, 0096), S5B and IBB as plugins that know nothing of each other: joining
them is left to the application, so what is decided here is only what to do next.
"""

import asyncio
import logging
import os
import pathlib
import sys

import slixmpp
from slixmpp.exceptions import XMPPError
from slixmpp.xmlstream.handler import CoroutineCallback
from slixmpp.xmlstream.matcher import StanzaPath

S5B = 'http://jabber.org/protocol/bytestreams'
IBB = 'http://jabber.org/protocol/ibb'
METHODS = {'s5b': [S5B], 's5b-proxy': [S5B], 'ibb': [IBB], 'any': [S5B, IBB]}


def tell(line):
    print(f'peer: {line}', flush=True)


class Incoming:
    """A file of known size that is written as its bytes come, by whatever stream."""

    def __init__(self, path, size):
        self.path = path
        self.left = size
        self.file = open(path, 'wb')

    def take(self, data):
        self.file.write(data)
        self.left -= len(data)

    def end(self):
        if self.file.closed:
            return
        self.file.close()
        tell(f'received {self.path.name}' if self.left == 0
             else f'lost {self.path.name} {self.left} bytes missing')


class Peer(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca, folder):
        super().__init__(jid, password)
        self.ca_certs = pathlib.Path(ca)
        self.use_aiodns = False
        self.folder = pathlib.Path(folder)
        self.streams = {}   # IBB: sid -> Incoming
        for plugin in ('xep_0030', 'xep_0047', 'xep_0065', 'xep_0095', 'xep_0096', 'xep_0199'):
            self.register_plugin(plugin)
        # slixmpp 1.8.3 registers its coroutine as if it were a function, which then never runs.
        self.remove_handler('SI Request')
        self.register_handler(CoroutineCallback(
            'SI Request', StanzaPath('iq@type=set/si'), self['xep_0095']._handle_request))
        self.add_event_handler('session_start', self.on_start)
        self.add_event_handler('failed_auth', lambda _: sys.exit(3))
        self.add_event_handler('si_request', self.on_offer)
        self.add_event_handler('ibb_stream_data', self.on_ibb_data)
        self.add_event_handler('ibb_stream_end', self.on_ibb_end)

    async def on_start(self, _):
        await self.get_roster()
        self.send_presence()
        tell('online')
        self.loop.add_reader(sys.stdin, self.on_order)

    # --- receiving ---

    async def on_offer(self, iq):
        sid, sender, file = iq['si']['id'], iq['from'], iq['si']['file']
        incoming = Incoming(self.folder / os.path.basename(file['name']), int(file['size'] or 0))
        self.add_event_handler(f'stream:{sid}:{sender}',
                               lambda stream: self.on_stream(stream, incoming), disposable=True)
        await self['xep_0095'].accept(sender, sid, ifrom=iq['to'])

    def on_stream(self, stream, incoming):
        if hasattr(stream, 'sid'):   # IBB
            self.streams[stream.sid] = incoming
            return

        def on_socket(name, data):
            if name == 'socks5_data':
                incoming.take(data)
            if name == 'socks5_closed' or incoming.left == 0:
                incoming.end()
                stream.transport.close()
        stream.event = on_socket

    def on_ibb_data(self, stream):
        self.streams[stream.sid].take(stream.read())

    def on_ibb_end(self, stream):
        if incoming := self.streams.pop(stream.sid, None):
            incoming.end()

    # --- sending ---

    def on_order(self):
        line = sys.stdin.readline()
        if not line:
            self.loop.remove_reader(sys.stdin)
            self.disconnect()
            self.loop.stop()
            return
        method, to, path = line.rstrip('\n').split(' ', 2)
        asyncio.ensure_future(self.send_file(METHODS[method], slixmpp.JID(to), pathlib.Path(path)))

    async def send_file(self, methods, to, path):
        try:
            await self.offer(methods, to, path)
            tell(f'sent {path}')
        except (XMPPError, OSError) as error:
            tell(f'failed {path} {error!r}')

    async def offer(self, methods, to, path):
        sid = self.new_id()
        answer = await self['xep_0096'].request_file_transfer(
            to, sid=sid, name=path.name, size=path.stat().st_size,
            methods=[{'value': method} for method in methods])   # its default, plain words, raises
        chosen = answer['si']['feature_neg']['form'].get_values()['stream-method']
        if chosen == S5B:
            try:
                return await self.send_by_socks(to, sid, path)
            except (XMPPError, OSError) as error:
                logging.warning('no SOCKS5 stream: %r', error)
                if IBB not in methods:
                    raise
        await self.send_in_band(to, sid, path)

    async def send_by_socks(self, to, sid, path):
        stream = await self['xep_0065'].handshake(to, sid=sid)
        if stream is None:
            raise OSError('the peer named a streamhost that was not offered')
        ended = asyncio.Future()
        stream.event = lambda name, _: name == 'socks5_closed' and ended.set_result(None)
        with open(path, 'rb') as file:
            while data := file.read(1 << 16):
                await stream.write(data)
        stream.transport.close()   # once all is written
        await ended

    async def send_in_band(self, to, sid, path):
        stream = await self['xep_0047'].open_stream(to, sid=sid)
        with open(path, 'rb') as file:
            await stream.sendfile(file)
        await stream.close()


def main():
    if len(sys.argv) != 6:
        sys.exit(f'usage: PEER_PASSWORD=… {sys.argv[0]} JID HOST:PORT CA PROXY FOLDER')
    jid, address, ca, _, folder = sys.argv[1:]   # the proxy is found by slixmpp itself
    logging.basicConfig(level=logging.DEBUG, format='%(asctime)s %(name)s %(message)s')
    peer = Peer(jid, os.environ['PEER_PASSWORD'], ca, folder)
    host, port = address.rsplit(':', 1)
    peer.connect((host, int(port)), force_starttls=True)
    peer.loop.run_forever()


main()
