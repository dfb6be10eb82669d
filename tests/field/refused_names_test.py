# SPDX-License-Identifier: MIT
"""Files whose names the receiver's disk refuses (exFAT) arrive once, under the closest name that it takes."""

import unittest

from exfat import SMALL_DISK, ExfatDisk
from lab import sha256
from lab_case import LabCase
from process import wait_for

NAMES = {'what?.txt': 'what_.txt', '12:30.png': '12_30.png', 'a|b*c<d>.bin': 'a_b_c_d_.bin',
         '"quoted".md': '_quoted_.md', 'r\u00e9sum\u00e9?.pdf': 'r\u00e9sum\u00e9_.pdf',
         'n' * 250 + '?.txt': 'n' * 250 + '_.txt', 'plain.txt': 'plain.txt'}


class RefusedNames(LabCase):
    lab_options = SMALL_DISK

    @classmethod
    def prepare(cls):
        cls.disk = ExfatDisk(cls.lab.directory).open()
        cls.addClassCleanup(cls.disk.close)
        cls.lab.bob.ctl('policy', 'add', '--from', cls.lab.jid('ann'), '--into', cls.disk.path)

    def test_each_arrives_once_under_the_closest_name(self):
        sources = [self.lab.make_file(name, 3000, seed) for seed, name in enumerate(NAMES)]
        ids = self.lab.ann.json('send', *sources, '--to', self.lab.jid('bob'))['ids']
        for job_id, source in zip(ids, sources):
            job = self.lab.ann.wait(job_id)
            self.assertEqual((job['state'], job['attempt']), ('done', 1), job)
            arrived = self.disk.path / NAMES[source.name]
            self.assertTrue(arrived.exists(), self.listing(self.disk.path))
            self.assertEqual(sha256(arrived), sha256(source))
        self.assertEqual(self.listing(self.disk.path), sorted(NAMES.values()))
        told = {job['uri'].rsplit('/', 1)[1] for job in self.lab.bob.jobs()}
        self.assertIn('what_.txt', told)

    def test_a_name_that_the_user_typed_is_refused_with_one_that_would_do(self):
        source = self.lab.make_file('offered.txt', 10)
        self.lab.bob.ctl('policy', 'remove', '1')
        try:
            self.lab.ann.send(source, self.lab.jid('bob'))
            offer = wait_for('the offer', lambda: [job['id'] for job in self.lab.bob.json('offers')['jobs']])[0]
            done = self.lab.bob.run('accept', offer, '--into', self.disk.path / 'so?.txt')
            self.assertNotEqual(done.returncode, 0)
            self.assertIn('so_.txt', done.stderr)
            self.lab.bob.ctl('accept', offer, '--into', self.disk.path / 'so_.txt', '--wait')
            self.assertEqual(sha256(self.disk.path / 'so_.txt'), sha256(source))
        finally:
            (self.disk.path / 'so_.txt').unlink(missing_ok=True)
            self.lab.bob.ctl('policy', 'add', '--from', self.lab.jid('ann'), '--into', self.disk.path)


if __name__ == '__main__':
    unittest.main()
