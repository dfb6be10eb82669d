# SPDX-License-Identifier: MIT
"""Several hundred small files at a time to a foreign client."""

import contextlib
import os
import unittest

import world
from network import Network, Unavailable
from process import wait_for

FILES = 500


class ManyToQXmpp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        undo = contextlib.ExitStack()
        cls.addClassCleanup(undo.close)
        try:
            world.program('qxmpp')
            cls.lab = undo.enter_context(world.World(undo.enter_context(Network()), 'prosody'))
        except (Unavailable, FileNotFoundError) as reason:
            raise unittest.SkipTest(str(reason)) from None

    def test_all_arrive(self):
        ann, peer = self.lab.daemons['ann'], self.lab.peer('qxmpp')
        contents = {f'many-{number:03}.bin': os.urandom(4096) for number in range(FILES)}
        for name, content in contents.items():
            (self.lab.files / name).write_bytes(content)
        ann.ctl('-q', 'send', *(self.lab.files / name for name in contents), '--to', peer.jid)

        def ended():
            jobs = ann.json('status')['jobs']
            return sum(jobs.get(state, 0) for state in ('done', 'failed', 'cancelled'))
        wait_for('all of them', lambda: ended() == FILES, 300, every=0.5)
        self.assertEqual(ann.json('status')['jobs'], {'done': FILES})
        wait_for('the last is written', lambda: all(
            (peer.downloads / name).exists() and (peer.downloads / name).read_bytes() == content
            for name, content in contents.items()), 30, every=0.5)


if __name__ == '__main__':
    unittest.main()
