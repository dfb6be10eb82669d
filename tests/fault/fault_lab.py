# SPDX-License-Identifier: MIT
"""A lab in which every way of the bytes leads through a proxy of ours that counts and harms them.

    ann -- c2s['ann'] --+                       ann -- hosts['ann'] <- bob      direct
                        +-- server
    bob -- c2s['bob'] --+                       ann, bob -> socks5 -- the server's SOCKS5 proxy
"""

import unittest

from chaos import Chaos
from clock import Clock
from daemons import CONFIG
from lab import METHODS, Lab, password_of
from lab_case import SANITIZED
from process import free_port

PROXY_ADDRESS = '127.0.0.2'  # what clients are told; the server's own is on 127.0.0.1
# Retries come soon, some large files go at a time, and the disk may be small.
HASTE = {'retry': {'attempts': 5, 'first_delay': '1s', 'max_delay': '2s'}, 'disk': {'min_free': '1Mi'},
         'limits': {'max_active_per_peer': 32}}

IBB_ON_WIRE = 1.35  # bytes of a stream of stanzas for a byte of a file: base64, XML and TLS


def on_wire(method, size):
    """How many bytes pass for so many of a file."""
    return int(size * (IBB_ON_WIRE if method == 'si-ibb' else 1))


class FaultLab(Lab):
    """`clocked`: the daemons run by `clock`, which starts with the machine's pace."""

    def __init__(self, config=None, clocked=False, **options):
        super().__init__(server_options={'proxy_address': PROXY_ADDRESS}, **options)
        if clocked and SANITIZED:
            raise unittest.SkipTest('what a sanitizer slows down is late by a clock that runs')
        if clocked:
            self.clock = Clock(self.directory)
            for daemon in self.daemons.values():
                daemon.wrapper = self.clock.wrapper
        server = self.server
        self.socks5 = Chaos(('127.0.0.1', server.proxy_port), PROXY_ADDRESS, server.proxy_port)
        self.c2s, self.hosts = {}, {}
        for user, daemon in self.daemons.items():
            own_port = free_port()
            self.c2s[user] = Chaos(('127.0.0.1', server.port))
            self.hosts[user] = Chaos(('127.0.0.1', own_port))
            daemon.write_config({
                'download_dir': str(daemon.downloads), **CONFIG, **HASTE,
                'socks5': {'listen': [f'127.0.0.1:{own_port}'],
                           'advertise': [f'127.0.0.1:{self.hosts[user].port}']}, **(config or {})})

    @property
    def chaoses(self):
        return [self.socks5, *self.c2s.values(), *self.hosts.values()]

    def add_account(self, user):
        self.daemons[user].add_account(self.jid(user), password_of(user), f'127.0.0.1:{self.c2s[user].port}',
                                       self.server.ca)

    def stream_of(self, method, sender='ann'):
        """The flow that the sender's bytes take."""
        return {'si-socks5/direct': self.hosts[sender].down, 'si-socks5/proxy': self.socks5.up,
                'si-ibb': self.c2s[sender].up}[method]

    def cut_off(self, *users):
        """Their sessions end, and no other can be begun until let_on()."""
        for user in users:
            self.c2s[user].shut()
            self.c2s[user].reset()

    def let_on(self, *users):
        for user in users:
            self.c2s[user].open()

    def is_online(self, user):
        return self.daemons[user].json('account', 'list')['accounts'][0]['state'] == 'online'

    def sent(self, sender='ann'):
        """Bytes of files that the sender has sent by each method, ever."""
        return {method: self.stream_of(method, sender).count / on_wire(method, 1000) * 1000 for method in METHODS}

    def teardown(self):
        codes = super().teardown()
        for chaos in self.chaoses:
            chaos.close()
        return codes
