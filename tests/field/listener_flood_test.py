# SPDX-License-Identifier: MIT
"""A crowd connects to the SOCKS5 listener, a thousand addresses a thousand times a second. The peer that
somebody waits for comes through all the same, and the daemon has descriptors and answers left."""

import os
import pathlib
import subprocess
import sys
import time
import unittest

from lab_case import FULL, LabCase
from netns import Host, Unavailable, ip
from process import ROOT
from rawpeer import S5B, SI, RawPeer, si_choice, socks_connect, socks_hash

WITHIN = 5        # seconds in which the peer wants to be connected
HABITS = {'silent': b'', 'greeting': b'\x05\x01\x00',
          'asking': b'\x05\x01\x00\x05\x01\x00\x03\x28' + b'f' * 40}   # but for the port


class ListenerFlood(LabCase):
    lab_options = {'users': ('ann',)}

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest('network namespaces need root')
        try:
            host = Host()
            cls.addClassCleanup(host.close)
            cls.enterClassContext(host)
            ip('link', 'set', 'lo', 'up')
            ip('route', 'add', 'local', '10.77.0.0/16', 'dev', 'lo')   # every address there is ours
        except Unavailable as why:
            raise unittest.SkipTest(str(why)) from why
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.ann = cls.lab.ann
        cls.raw = RawPeer(cls.lab.server, 'raw')
        cls.addClassCleanup(cls.raw.close)
        cls.raw.presence()
        cls.ann.ctl('contacts', 'add', cls.lab.jid('raw'))
        cls.raw.subscribe(cls.lab.jid('ann'))
        cls.raw.approve(cls.lab.jid('ann'))

    def offered_stream(self):
        """Ann offers a file by SOCKS5, directly. Returns the port and what to ask for there."""
        job = self.ann.send(self.lab.make_file('file', 100), self.raw.jid, '--method', 'si-socks5/direct')
        self.addCleanup(self.ann.run, 'queue', 'cancel', job)
        offer = self.raw.expect_request(f'{{{SI}}}si')
        self.raw.result(offer, si_choice(S5B))
        query = self.raw.expect_request(f'{{{S5B}}}query')
        hosts = query.findall(f'.//{{{S5B}}}streamhost')
        sid = offer.find(f'{{{SI}}}si').get('id')
        return int(hosts[0].get('port')), socks_hash(sid, query.get('from'), self.raw.jid)

    def begin_flood(self, port, says):
        crowd = subprocess.Popen([sys.executable, ROOT / 'tests/support/crowd.py', str(port), says.hex()],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

        def end():
            crowd.kill()
            crowd.wait()
            crowd.stdout.close()

        self.addCleanup(end)
        for _ in range(2):
            crowd.stdout.readline()
        return crowd

    def rate_of(self, crowd):
        """Ends the flood. Returns how many connections a second it was."""
        crowd.kill()
        begun, seconds = crowd.stdout.read().splitlines()[-1].split()
        return int(begun) / float(seconds)

    def descriptors(self):
        return len(list(pathlib.Path(f'/proc/{self.ann.child.pid}/fd').iterdir()))

    def knock(self, number, port, digest):
        """The seconds that it took to be connected, from an address never seen before."""
        began = time.monotonic()
        try:
            socks_connect('127.0.0.1', port, digest, WITHIN, (f'10.77.100.{number + 1}', 0)).close()
        except OSError:
            return None
        return time.monotonic() - began

    def check(self, habit):
        tries = 34 if FULL else 14
        port, digest = self.offered_stream()
        crowd = self.begin_flood(port, HABITS[habit])
        took, most, slowest = [], 0, 0
        for number in range(tries):
            took.append(self.knock(number, port, digest))
            most = max(most, self.descriptors())
            if number % 7 == 0:
                began = time.monotonic()
                self.assertEqual(self.ann.run('status').returncode, 0)
                slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        rate = self.rate_of(crowd)
        came = [one for one in took if one is not None and one <= WITHIN]
        print(f'      {habit}: {rate:.0f} came a second; {len(came)} of {tries} of ours came in, the slowest in '
              f'{max(came, default=0):.3f} s; {most} descriptors; status within {slowest:.2f} s')
        self.assertGreater(rate, 500, 'that was no flood')
        self.assertGreaterEqual(len(came), tries * 0.95)
        self.assertLessEqual(most, 300)
        self.assertLess(slowest, 2)

    def test_of_silent_ones(self):
        self.check('silent')

    def test_of_those_that_greet(self):
        self.check('greeting')

    def test_of_those_that_ask_and_do_not_end(self):
        self.check('asking')
