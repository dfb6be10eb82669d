# SPDX-License-Identifier: MIT
"""Three hosts on one wire, each a network namespace of its own: QXmpp advertises no loopback address.

    server  192.0.2.1, and 192.0.2.7 for the SOCKS5 proxy
    left    192.0.2.10      our daemons
    right   198.51.100.10   the foreign peers

The namespaces are those of netns.py.
"""

import contextlib
import os

from netns import Host, Unavailable, ip

SERVER, PROXY, LEFT, RIGHT = '192.0.2.1', '192.0.2.7', '192.0.2.10', '198.51.100.10'
NETS = ('192.0.2.0/24', '198.51.100.0/24')


class Network:
    """Use as a context manager. Raises Unavailable where it cannot be made."""

    def __enter__(self):
        if os.geteuid() != 0:
            raise Unavailable('network namespaces need root')
        with contextlib.ExitStack() as undo:
            self.hosts = {}
            for name in ('server', 'left', 'right'):
                self.hosts[name] = Host()
                undo.callback(self.hosts[name].close)
            self._wire()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._undo.close()

    def at(self, name):
        return self.hosts[name]

    def _wire(self):
        with self.at('server'):
            ip('link', 'set', 'lo', 'up')
            ip('link', 'add', 'wire', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0')
            for name in ('left', 'right'):
                ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0',
                   'netns', self.at(name).path)
                ip('link', 'set', name, 'master', 'wire', 'up')
            self._address('wire', SERVER, PROXY)
        for name, address in (('left', LEFT), ('right', RIGHT)):
            with self.at(name):
                ip('link', 'set', 'lo', 'up')
                self._address('eth0', address)

    @staticmethod
    def _address(device, *addresses):
        ip('link', 'set', device, 'addrgenmode', 'none', 'up')
        for address in addresses:
            ip('address', 'add', f'{address}/32', 'dev', device)
        for net in NETS:
            ip('route', 'add', net, 'dev', device, 'src', addresses[0])

    def allow(self, direct=True, proxy=True):
        """Which ways are open: between left and right, and from both to the proxy. Closed is "no route"."""
        for name, other in (('left', RIGHT), ('right', LEFT)):
            with self.at(name):
                for address, is_open in ((other, direct), (PROXY, proxy)):
                    with contextlib.suppress(Unavailable):   # there was none
                        ip('route', 'del', 'unreachable', address)
                    if not is_open:
                        ip('route', 'add', 'unreachable', address)
