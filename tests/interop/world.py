# SPDX-License-Identifier: MIT
"""A server, our daemons on one host and foreign peers on another; everybody is told of everybody."""

import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import network
from daemons import Daemon
from lab import Lab, build_directory, password_of, sha256
from process import ROOT, Child, wait_for
from servers import SERVERS

PEERS = ROOT / 'tests' / 'interop' / 'peers'
SLIXMPP = pathlib.Path('/usr/lib/python3/dist-packages/slixmpp')   # where Debian's Python finds it

# Our users: where each lives and what is particular in its configuration.
OURS = {
    'ann': ('left', {}),
    'ivy': ('left', {'methods': ['si-ibb']}),   # takes nothing but IBB
    'bob': ('right', {}),
}
KINDS = ('qxmpp', 'slixmpp', 'purple')
ONLINE = 30   # seconds for a login on a busy machine


def program(kind):
    """What to run for a peer of this kind. Raises FileNotFoundError when its library is not there."""
    if kind == 'slixmpp':
        if not SLIXMPP.exists():
            raise FileNotFoundError('python3-slixmpp is not installed')
        return ['/usr/bin/python3', '-B', PEERS / 'slixmpp_peer.py']
    built = build_directory() / 'tests/interop/peers' / f'{kind}_peer'
    if not built.exists():
        raise FileNotFoundError(f'{built.name} is not built: is its library installed?')
    return [built]


class Peer:
    """A foreign program, logged in. Its log holds what it says (`peer: …`) and its library's trace."""

    def __init__(self, kind, user, world):
        self.kind = kind
        self.jid = f'{world.jid(user)}/{kind}'
        self.directory = world.directory / user
        self.downloads = self.directory / 'downloads'
        self.downloads.mkdir(parents=True)
        server = world.server
        self.child = Child(
            [*program(kind), self.jid, server.address, server.ca, f'proxy.{server.domain}',
             self.downloads],
            self.directory / 'peer.log', stdin=subprocess.PIPE,
            env={'PEER_PASSWORD': password_of(user), 'HOME': str(self.directory), 'LANG': 'C.UTF-8',
                 'PATH': '/usr/bin:/bin'})

    def said(self):
        text = self.child.log.read_text(errors='replace')
        return [line[6:] for line in text.splitlines() if line.startswith('peer: ')]

    def wait_said(self, *starts, timeout):
        """The first thing said that begins with one of `starts`. Fails when the program ends."""
        def look():
            for line in self.said():
                if line.startswith(starts):
                    return line
            if not self.child.running():
                raise AssertionError(f'{self.kind} ended:\n{self.child.tail()}')
            return None
        return wait_for(f'{self.kind} says {starts}', look, timeout)

    def wait_online(self):
        self.wait_said('online', timeout=ONLINE)

    def send(self, method, to, path):
        self.child.process.stdin.write(f'{method} {to} {path}\n'.encode())
        self.child.process.stdin.flush()

    def wait_sent(self, path, timeout):
        return self.wait_said(f'sent {path}', f'failed {path}', timeout=timeout)

    def wait_received(self, name, timeout):
        """Attempts may have been lost before, for a fallback is a second offer to some."""
        self.wait_said(f'received {name}', timeout=timeout)

    def trace(self):
        return self.child.log.read_text(errors='replace')

    def stop(self):
        with contextlib.suppress(BrokenPipeError):   # it ended by itself
            self.child.process.stdin.close()
        self.child.stop()


class World:
    """Use as a context manager, in a Network. Foreign peers come when first asked for."""

    make_file = Lab.make_file
    logs = Lab.logs

    def __init__(self, wires, server):
        self.wires = wires
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='xmppft-interop.'))
        self.files = self.directory / 'files'
        self.files.mkdir()
        users = [*OURS, *(f'{kind}{role}' for kind in KINDS for role in ('', '2'))]
        self.server = SERVERS[server](
            self.directory / server, {user: password_of(user) for user in users},
            host=network.SERVER, proxy_host=network.PROXY)
        self.daemons = {user: Daemon(self.directory / user, build_directory(),
                                     {'contacts': {'auto_approve': True}, 'network': {'trusted': []},
                                      'log': {'level': 'debug'}, **config})
                        for user, (_, config) in OURS.items()}
        self.peers = {}

    def __enter__(self):
        try:
            with self.wires.at('server'):
                self.server.start()
            for user, daemon in self.daemons.items():
                with self.wires.at(OURS[user][0]):
                    daemon.start()
                daemon.add_account(self.jid(user), password_of(user), self.server.address,
                                   self.server.ca, '--resource', 'ours')
            for one, other in (('ann', 'bob'), ('bob', 'ann')):
                self.befriend(one, self.jid(other))
            self.daemons['bob'].ctl('policy', 'add', '--from', self.jid('ann'), '--into',
                                    self.daemons['bob'].downloads)
        except BaseException:
            print(self.logs(), file=sys.stderr)
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for peer in self.peers.values():
            peer.stop()
        codes = {user: daemon.teardown() for user, daemon in self.daemons.items()}
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        if bad := {user: code for user, code in codes.items() if code not in (0, None)}:
            raise AssertionError(f'daemons ended with {bad}')

    def jid(self, user):
        return f'{user}@{self.server.domain}'

    def ours(self, user):
        return f'{self.jid(user)}/ours'

    def befriend(self, user, jid):
        daemon = self.daemons[user]
        daemon.ctl('contacts', 'add', jid)
        wait_for(f'{user} sees {jid}', lambda: jid in daemon.contacts_online(), ONLINE, every=0.1)

    def peer(self, kind, role=''):
        """The foreign peer, started and made a contact of ours at the first call."""
        user = kind + role
        if user not in self.peers:
            with self.wires.at('right' if not role else 'left'):
                peer = Peer(kind, user, self)
            self.peers[user] = peer
            peer.wait_online()
            if not role:
                for ours in ('ann', 'ivy'):
                    self.befriend(ours, self.jid(user))
                    self.daemons[ours].ctl('policy', 'add', '--from', self.jid(user), '--into',
                                           self.daemons[ours].downloads)
        return self.peers[user]


def same_content(one, other):
    return sha256(one) == sha256(other)
