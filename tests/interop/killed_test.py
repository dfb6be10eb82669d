# SPDX-License-Identifier: MIT
"""kill -9 of our daemon in the middle of a file, with a client that cannot begin elsewhere than at the start:
the file comes from there, whole, and the job says so."""

import contextlib
import unittest

import world
from cells import ended, incoming
from network import Network, Unavailable
from process import wait_for
from world import same_content

MIB = 1 << 20
SIZE = 8 * MIB
LIMIT = 120


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        undo = contextlib.ExitStack()
        cls.addClassCleanup(undo.close)
        try:
            cls.lab = undo.enter_context(world.World(undo.enter_context(Network()), 'prosody'))
        except (Unavailable, FileNotFoundError) as reason:
            raise unittest.SkipTest(str(reason)) from None

    def peer(self, kind):
        try:
            return self.lab.peer(kind)
        except FileNotFoundError as reason:
            raise unittest.SkipTest(str(reason)) from None

    def kill_in_the_middle(self, user, find):
        """The job that `find` finds, after the daemon was killed between two of its bytes."""
        daemon = self.lab.daemons[user]
        job = wait_for('bytes to move', lambda: (found := find()) and found['transferred_bytes'] >= MIB and found,
                       LIMIT, every=0.01)
        daemon.kill()
        self.assertLess(job['transferred_bytes'], SIZE, 'it was killed too late')
        with self.lab.wires.at(world.OURS[user][0]):
            daemon.restart()
        return job['id']

    def check(self, user, job_id, source, arrived, words):
        job = ended(self.lab.daemons[user], job_id, LIMIT)
        self.assertEqual(job['state'], 'done', job)
        self.assertEqual(job['offset_bytes'], 0)
        self.assertTrue(same_content(source, arrived))
        story = self.lab.daemons[user].json('why', str(job_id))['jobs'][0]['history']
        self.assertIn(words, '\n'.join(f'{line["what"]}: {line["detail"]}' for line in story))

    def we_send(self, kind):
        ann, peer = self.lab.daemons['ann'], self.peer(kind)
        source = self.lab.make_file(f'to-{kind}.bin', SIZE)
        sent = ann.send(source, peer.jid, '--method', 'si-ibb')
        job_id = self.kill_in_the_middle('ann', lambda: ann.job(sent))
        peer.wait_received(source.name, LIMIT)
        self.check('ann', job_id, source, peer.downloads / source.name,
                   'from the start again: the peer asked for all of it')

    def they_send(self, kind):
        ivy, peer = self.lab.daemons['ivy'], self.peer(kind)
        source = self.lab.make_file(f'from-{kind}.bin', SIZE)
        peer.send('ibb', self.lab.ours('ivy'), source)
        job_id = self.kill_in_the_middle('ivy', lambda: incoming(ivy, source.name))
        wait_for('ivy sees the peer', lambda: self.lab.jid(kind) in ivy.contacts_online(), LIMIT, every=0.1)
        peer.send('ibb', self.lab.ours('ivy'), source)
        self.check('ivy', job_id, source, ivy.downloads / source.name,
                   "from the start: the sender's program cannot go on where it stopped")
        self.assertEqual([job['id'] for job in ivy.jobs() if job['name'] == source.name], [job_id])

    def test_to_qxmpp(self):
        self.we_send('qxmpp')

    def test_to_slixmpp(self):
        self.we_send('slixmpp')

    def test_from_qxmpp(self):
        self.they_send('qxmpp')

    def test_from_slixmpp(self):
        self.they_send('slixmpp')


if __name__ == '__main__':
    unittest.main()
