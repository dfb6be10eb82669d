# SPDX-License-Identifier: MIT
"""A disk that does not answer (a stopped FUSE, as a dead NFS) holds up neither other jobs nor the end of the daemon."""

import time
import unittest

from exfat import SMALL_DISK, ExfatDisk
from lab_case import LabCase
from process import wait_for

MIB = 1 << 20


class HungDisk(LabCase):
    lab_options = SMALL_DISK

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.disk = ExfatDisk(cls.lab.directory).open()
        cls.addClassCleanup(cls.disk.close)

    def tearDown(self):
        self.disk.answer()
        for daemon in self.lab.daemons.values():
            if not daemon.child.running():
                daemon.restart()
        for user in self.lab.daemons:
            self.lab.wait_contacts_online(user)

    def assert_ends_in_time(self, daemon):
        start = time.monotonic()
        daemon.child.process.terminate()
        wait_for('the end of xmppftd', lambda: not daemon.child.running(), 15)
        self.assertEqual(daemon.child.process.returncode, 0)
        self.assertLess(time.monotonic() - start, 5)

    def test_sources_on_it_hold_up_nobody(self):
        """More of them than there are file threads and workers; then SIGTERM."""
        ann, bob = self.lab.ann, self.lab.bob
        hung = []
        for number in range(6):
            path = self.disk.path / f'hung-{number}.bin'
            path.write_bytes(bytes([number]) * MIB)
            hung.append(path)
        self.disk.forget_cache()
        bob.stop()
        ids = ann.json('send', *hung, '--to', self.lab.jid('bob'))['ids']
        wait_for('the jobs wait for bob', lambda: ann.job(ids[0])['reason'] == 'waiting-peer')
        self.disk.forget_cache()
        self.disk.stop_answering()
        bob.restart()
        self.lab.wait_contacts_online('ann')
        time.sleep(1)
        source = self.lab.make_file('well.bin', MIB)
        with_priority = ann.send(source, self.lab.jid('bob'), '--priority', '5')
        began = time.monotonic()
        ann.ctl('status')
        self.assertLess(time.monotonic() - began, 2)
        self.assertIn(ann.job(with_priority)['state'], ('queued', 'offered', 'connecting', 'active', 'verifying', 'done'))
        self.assert_ends_in_time(ann)
        self.disk.answer()
        ann.restart()
        for job_id in ids:
            self.assertEqual(ann.wait(job_id)['state'], 'done')
        self.assertEqual(ann.wait(with_priority)['state'], 'done')


if __name__ == '__main__':
    unittest.main()
