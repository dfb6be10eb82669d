# SPDX-License-Identifier: MIT
"""A whole small world: a server, some users' daemons online with it, all contacts of each other."""

import hashlib
import os
import pathlib
import random
import shutil
import sys
import tempfile

from daemons import Daemon
from process import ROOT, wait_for
from servers import SERVERS

USERS = ('ann', 'bob')
METHODS = ('si-socks5/direct', 'si-socks5/proxy', 'si-ibb')


def build_directory():
    """Where meson built; tests/run says so in XMPPFT_BUILD."""
    return pathlib.Path(os.environ.get('XMPPFT_BUILD', ROOT / 'build')).resolve()


def password_of(user):
    return f'secret of {user}'


class Lab:
    """Use as a context manager. `raw_users` have an account but no daemon: for RawPeer."""

    def __init__(self, server='prosody', users=USERS, raw_users=('raw',), config=None, env=None,
                 directory=None, keep=False, build=None, wrapper=(), server_options=None):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix='xmppft-lab.'))
        self.keep = keep
        self.files = self.directory / 'files'
        self.files.mkdir(exist_ok=True)
        build = build or build_directory()
        self.server = SERVERS[server](
            self.directory / server, {u: password_of(u) for u in (*users, *raw_users)}, keep=keep,
            **(server_options or {}))
        self.daemons = {
            user: Daemon(self.directory / user, build, config, env, keep, wrapper) for user in users}

    def __getattr__(self, user):
        try:
            return self.__dict__['daemons'][user]
        except KeyError:
            raise AttributeError(user) from None

    def jid(self, user):
        return f'{user}@{self.server.domain}'

    def start(self):
        """Everything up, everybody online and a contact of everybody else."""
        self.server.start()
        for user, daemon in self.daemons.items():
            daemon.start()
            self.add_account(user)
        self.befriend_all()

    def add_account(self, user):
        self.daemons[user].add_account(self.jid(user), password_of(user), self.server.address,
                                       self.server.ca)

    def befriend_all(self):
        for user, daemon in self.daemons.items():
            for other in self.daemons:
                if other != user:
                    daemon.ctl('contacts', 'add', self.jid(other))
        for user in self.daemons:
            self.wait_contacts_online(user)

    def wait_contacts_online(self, user, timeout=30):
        others = {self.jid(other) for other in self.daemons if other != user}
        wait_for(f'{user} sees the others', lambda: others <= self.daemons[user].contacts_online(),
                 timeout, every=0.1)

    def accept_from(self, receiver, sender, into=None):
        """Lets `receiver` take files of `sender` without asking. Returns the folder."""
        into = pathlib.Path(into or self.daemons[receiver].downloads)
        self.daemons[receiver].ctl('policy', 'add', '--from', self.jid(sender), '--into', into)
        return into

    def make_file(self, name, size, seed=1):
        """A file of random bytes that is the same in every run."""
        path = self.files / name
        randomness = random.Random(f'{seed} {size}')
        with open(path, 'wb') as out:
            for start in range(0, size, 1 << 20):
                out.write(randomness.randbytes(min(1 << 20, size - start)))
        return path

    def teardown(self):
        """Ends all, by pid, whatever state it is in. Returns the daemons' exit codes."""
        codes = {user: daemon.teardown() for user, daemon in self.daemons.items()}
        self.server.stop()
        return codes

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def logs(self, lines=60):
        """The ends of all logs, for the report of a failure."""
        parts = []
        for path in sorted(self.directory.glob('*/*.log')):
            text = path.read_text(errors='replace').splitlines()[-lines:]
            parts.append(f'--- {path.relative_to(self.directory)}\n' + '\n'.join(text))
        return '\n'.join(parts)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            print(self.logs(), file=sys.stderr)
            self.teardown()
            raise
        return self

    def __exit__(self, *_):
        self.teardown()
        self.remove()


def sha256(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
