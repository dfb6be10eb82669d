# SPDX-License-Identifier: MIT
"""Several hundred small files at a time: none fails, their order is kept, and others are served meanwhile."""

import datetime
import os
import unittest

from lab_case import LabCase
from process import wait_for

FILES = 250


def seconds_between(job, first, last):
    first, last = (datetime.datetime.fromisoformat(job[key].replace('Z', '+00:00'))
                   for key in (first, last))
    return (last - first).total_seconds()


class ManyFiles(LabCase):
    lab_options = {'users': ('ann', 'bob', 'cat'), 'raw_users': ()}

    @classmethod
    def prepare(cls):
        for user in ('bob', 'cat'):
            cls.lab.accept_from(user, 'ann')

    def ended(self):
        jobs = self.lab.ann.json('status')['jobs']
        return sum(jobs.get(state, 0) for state in ('done', 'failed', 'cancelled'))

    def check(self, method):
        ann, bob = self.lab.ann, self.lab.bob
        for daemon in (ann, bob):
            if daemon.jobs():
                daemon.ctl('queue', 'remove', '--all', '--yes')
        folder = self.lab.files / method
        folder.mkdir()
        contents = {f'{method}-{number:03}.bin': os.urandom(4096) for number in range(FILES)}
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        ann.ctl('-q', 'send', *(folder / name for name in contents), '--to', self.lab.jid('bob'),
                '--method', method)
        wait_for('some of them', lambda: self.ended() > FILES // 20, 60)
        other = ann.wait(ann.send(folder / next(iter(contents)), self.lab.jid('cat')))
        self.assertEqual(other['state'], 'done', other)
        self.assertLess(seconds_between(other, 'created_at', 'started_at'), 5)
        self.assertLess(self.ended(), FILES, 'the other file was sent beside these, not after them')
        wait_for('all of them', lambda: self.ended() > FILES, 120, every=0.2)

        self.assertEqual(ann.json('status')['jobs'], {'done': FILES + 1})
        received = bob.jobs('--rows', FILES + 1)
        self.assertEqual([job['name'] for job in reversed(received)], list(contents))
        for name, content in contents.items():
            self.assertEqual((bob.downloads / name).read_bytes(), content, name)
        self.assertEqual(self.parts(bob.downloads), [])

    def test_socks5(self):
        self.check('si-socks5')

    def test_in_band(self):
        self.check('si-ibb')


if __name__ == '__main__':
    unittest.main()
