# SPDX-License-Identifier: MIT
"""Hundreds of small files to one peer: none of them fails."""

import time
import unittest

from lab_case import LabCase

FILES = 300


class SmallFiles(LabCase):
    def test_all_arrive(self):
        sources = [self.lab.make_file(f'small{number:03}', 4096, seed=number) for number in range(FILES)]
        began = time.monotonic()
        ids = [int(word) for word in self.lab.ann.ctl(
            '-q', 'send', *sources, '--to', self.lab.jid('bob')).split()]
        self.lab.ann.run('--timeout', '100s', 'queue', 'wait', *ids)
        took = time.monotonic() - began
        jobs = {job['id']: job for job in self.lab.ann.jobs('--rows', '1000')}
        ended = [jobs[job_id] for job_id in ids]
        self.assertEqual([job for job in ended if job['state'] != 'done'], [])
        print(f'{FILES} files in {took:.1f} s')
        self.assertEqual(self.listing(self.lab.bob.downloads), [source.name for source in sources])
        self.assertEqual({job['attempt'] for job in ended}, {1})
        theirs = self.lab.bob.jobs('--rows', '1000')
        self.assertEqual({job['state'] for job in theirs}, {'done'})


if __name__ == '__main__':
    unittest.main()
