# SPDX-License-Identifier: MIT
"""Hosts that never answer do not cost a transfer: the proxy behind them is reached in time."""

import hashlib
import os
import socket
import unittest

from lab_case import LabCase
from process import wait_for
from rawpeer import CLIENT, S5B, RawPeer, condition, socks_connect, socks_hash


class BlackHole:
    """A listener whose queue is full: the kernel drops every SYN that comes."""

    def __init__(self, address):
        self.listener = socket.socket()
        self.listener.bind((address, 0))
        self.listener.listen(0)
        self.host, self.port = self.listener.getsockname()
        self.fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.settimeout(0.2)
            try:
                filler.connect((self.host, self.port))
            except TimeoutError:
                filler.close()
                return
            self.fillers.append(filler)
        raise AssertionError('the queue does not fill up')

    def close(self):
        for one in (*self.fillers, self.listener):
            one.close()


class BlackHoles(LabCase):
    lab_options = {'users': ('bob',)}

    @classmethod
    def prepare(cls):
        cls.raw = RawPeer(cls.lab.server, 'raw')
        cls.addClassCleanup(cls.raw.close)
        cls.raw.presence()
        cls.lab.bob.ctl('contacts', 'add', cls.lab.jid('raw'))
        cls.raw.subscribe(cls.lab.jid('bob'))
        cls.raw.approve(cls.lab.jid('bob'))
        cls.lab.accept_from('bob', 'raw')
        presence = cls.raw.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') is None
                                  and s.get('from', '').startswith(cls.lab.jid('bob') + '/'))
        cls.bob = presence.get('from')

    def test_three_of_five_hosts_are_black_holes(self):
        holes = [BlackHole(f'127.0.0.{n}') for n in (11, 12, 13)]
        for hole in holes:
            self.addCleanup(hole.close)
        closed = socket.create_server(('127.0.0.14', 0))
        nobody = closed.getsockname()
        closed.close()
        content = os.urandom(100_000)
        sid = f'holes-{os.getpid()}'
        self.raw.offer(self.bob, sid, 'holes.bin', len(content), (S5B,))
        proxy = f'proxy.{self.lab.server.domain}'
        hosts = [(self.raw.jid, hole.host, hole.port) for hole in holes]
        hosts += [(self.raw.jid, *nobody), (proxy, '127.0.0.1', self.lab.server.proxy_port)]
        query = ''.join(f"<streamhost jid='{jid}' host='{host}' port='{port}'/>"
                        for jid, host, port in hosts)
        # The daemon gives up, with an error, after 9 s.
        answer = self.raw.request('set', self.bob, f"<query xmlns='{S5B}' sid='{sid}'>{query}</query>")
        self.assertEqual(answer.get('type'), 'result', condition(answer))
        self.assertEqual(answer.find(f'.//{{{S5B}}}streamhost-used').get('jid'), proxy)
        digest = socks_hash(sid, self.raw.jid, self.bob)
        with socks_connect('127.0.0.1', self.lab.server.proxy_port, digest) as stream:
            activated = self.raw.request('set', proxy, f"<query xmlns='{S5B}' sid='{sid}'>"
                                         f"<activate>{self.bob}</activate></query>")
            self.assertEqual(activated.get('type'), 'result')
            stream.sendall(content)
        job = wait_for('the file', lambda: next((job for job in self.lab.bob.jobs()
                                                 if job['state'] == 'done'), None))
        arrived = (self.lab.bob.downloads / 'holes.bin').read_bytes()
        self.assertEqual(hashlib.sha256(arrived).digest(), hashlib.sha256(content).digest())
        story = self.lab.bob.ctl('why', job['id'])
        for hole in holes[:2]:
            self.assertIn(f'{hole.host}:{hole.port}: no answer', story)
        self.assertIn(f'{nobody[0]}:{nobody[1]}: Connection refused', story)


if __name__ == '__main__':
    unittest.main()
