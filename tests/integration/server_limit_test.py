# SPDX-License-Identifier: MIT
"""Servers that read a client at some kB/s: Prosody as Debian installs it, ejabberd as its example says."""

import unittest

from lab_case import FULL, LabCase

KIB = 1 << 10


class Crawls:
    """Mixed into one LabCase per server."""

    lab_options = {'config': {'limits': {'max_active_per_peer': 3}}}
    slowest, fastest = 3, 12   # kB/s that the job may tell

    def check(self, *sizes):
        sources = [self.lab.make_file(f'{i}-{size}.bin', size) for i, size in enumerate(sizes)]
        ids = [self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-ibb')
               for source in sources]
        jobs = [self.lab.ann.wait(job_id, timeout=600) for job_id in ids]
        for job_id, job, source in zip(ids, jobs, sources):
            self.assert_delivered(job, source)
            self.assertEqual(job['attempt'], 1, self.lab.ann.history(job_id))
            self.assertEqual(job['delivery'], 'confirmed')
            story = {entry['what']: entry['detail'] for entry in self.lab.ann.history(job_id)}
            self.assertRegex(story.get('server-limit', ''), r'^server limits to \d+ kB/s$')
            kilobytes = int(story['server-limit'].split()[3])
            self.assertTrue(self.slowest <= kilobytes <= self.fastest, story)


class StockProsody(Crawls, LabCase):
    server = 'limited-prosody'

    def test_two_files_at_once(self):
        self.check(112 * KIB, 112 * KIB)

    if FULL:   # two minutes and a half
        def test_one_mebibyte(self):
            self.check(1 << 20)


if FULL:   # at 3 kB/s everything takes minutes
    class ShapedEjabberd(Crawls, LabCase):
        server = 'limited-ejabberd'
        slowest = 1

        def test_three_files_at_once(self):
            self.check(200 * KIB, 200 * KIB, 200 * KIB)


if __name__ == '__main__':
    unittest.main()
