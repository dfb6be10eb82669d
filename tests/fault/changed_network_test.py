# SPDX-License-Identifier: MIT
"""Three hosts: the wire to the server goes silent, and a host gets another address. Sessions that are dead without a
sign are noticed, what needs no server goes on, and nothing fails."""

import subprocess
import time
import unittest

from examine import all_jobs
from fault_lab import HASTE
from lab import Lab
from lab_case import LabCase
from netns import Unavailable, ip
from network import LEFT, NETS, PROXY, SERVER, Network
from process import wait_for

NOBODY = '02:00:00:00:00:99'   # has this address on the wire
OTHER_LEFT = '192.0.2.11'
SILENT, MOVED = 90, 10         # seconds until it must have been noticed
MIB = 1 << 20


class NetworkLab(Lab):
    """ann is left, bob is right, and her sending is slowed down to a megabyte a second."""

    def __init__(self):
        self.network = Network().__enter__()
        self.places = {'ann': 'left', 'bob': 'right'}
        super().__init__(raw_users=(), config=HASTE, server_options={'host': SERVER, 'proxy_address': PROXY})

    def start(self):
        with self.network.at('left'):
            subprocess.run('tc qdisc add dev eth0 root tbf rate 8mbit burst 64k latency 200ms'.split(), check=True)
        with self.network.at('server'):
            self.server.start()
        for user, daemon in self.daemons.items():
            with self.network.at(self.places[user]):
                daemon.start()
            self.add_account(user)
        self.befriend_all()

    def teardown(self):
        codes = super().teardown()
        self.network.__exit__()
        return codes

    def silence(self, silent):
        """What server and left send each other goes to nobody."""
        for place, device, address in (('left', 'eth0', SERVER), ('server', 'wire', LEFT)):
            with self.network.at(place):
                if silent:
                    ip('neighbour', 'replace', address, 'lladdr', NOBODY, 'nud', 'permanent', 'dev', device)
                else:
                    ip('neighbour', 'del', address, 'dev', device)

    def move_left(self, old, new):
        with self.network.at('left'):
            ip('address', 'del', f'{old}/32', 'dev', 'eth0')
            ip('address', 'add', f'{new}/32', 'dev', 'eth0')
            for net in NETS:
                ip('route', 'replace', net, 'dev', 'eth0', 'src', new)


class ChangedNetwork(LabCase):
    @classmethod
    def make_lab(cls):
        try:
            return NetworkLab()
        except Unavailable as problem:
            raise unittest.SkipTest(str(problem)) from None

    def account(self):
        return self.lab.ann.json('account', 'list')['accounts'][0]

    def is_online(self):
        return self.account()['state'] == 'online'

    def begin(self, name, size, method):
        source = self.lab.make_file(name, size)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', method)
        wait_for('bytes', lambda: self.lab.ann.job(job_id)['transferred_bytes'] > MIB // 2, 60)
        return source, job_id

    def finish(self, *files):
        jobs = [self.lab.ann.wait(job_id, 240) for _, job_id in files]
        for (source, _), job in zip(files, jobs):
            self.assert_delivered(job, source)
            theirs = [job['state'] for job in all_jobs(self.lab.bob) if job['name'] == source.name]
            self.assertEqual(theirs, ['done'])

    def test_the_wire_to_the_server_goes_silent(self):
        in_band = self.begin('silent-in-band.bin', 4 * MIB, 'si-ibb')
        direct = self.begin('silent-direct.bin', 100 * MIB, 'si-socks5/direct')
        self.lab.silence(True)
        begun = time.monotonic()
        try:
            wait_for('the silence to be noticed', lambda: not self.is_online(), SILENT + 10, every=0.5)
            took = time.monotonic() - begun
            before = self.lab.ann.job(direct[1])
            self.assertEqual(before['state'], 'active')
            wait_for('direct bytes', lambda: self.lab.ann.job(direct[1])['transferred_bytes']
                     > before['transferred_bytes'] + MIB)
        finally:
            self.lab.silence(False)
        self.assertLess(took, SILENT + 5)
        self.finish(direct, in_band)
        said = [entry['what'] for entry in self.lab.ann.history(direct[1])]
        self.assertEqual(said.count('active'), 1, said)

    def test_another_address(self):
        in_band = self.begin('moved-in-band.bin', 4 * MIB, 'si-ibb')
        was = self.account()['connected_at']
        self.lab.move_left(LEFT, OTHER_LEFT)
        try:
            begun = time.monotonic()
            wait_for('another session', lambda: self.is_online() and self.account()['connected_at'] != was, 120)
            self.assertLess(time.monotonic() - begun, MOVED)
            self.finish(in_band)
        finally:
            self.lab.move_left(OTHER_LEFT, LEFT)


if __name__ == '__main__':
    unittest.main()
