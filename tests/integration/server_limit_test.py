# SPDX-License-Identifier: MIT
"""A server that reads at 10 kB/s, as Prosody does where Debian installed it."""

import unittest

from lab_case import FULL, LabCase


class ServerLimit(LabCase):
    server = 'limited-prosody'

    def check(self, size):
        source = self.lab.make_file(f'{size}.bin', size)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-ibb')
        self.assert_delivered(self.lab.ann.wait(job_id, timeout=300), source)
        story = {entry['what']: entry['detail'] for entry in self.lab.ann.history(job_id)}
        self.assertRegex(story.get('server-limit', ''), r'^server limits to \d+ kB/s$')
        kilobytes = int(story['server-limit'].split()[3])
        self.assertTrue(3 <= kilobytes <= 12, story)

    def test_in_band_tells_who_slows_it(self):
        self.check(128 << 10)

    if FULL:   # two minutes and a half
        def test_one_mebibyte_arrives(self):
            self.check(1 << 20)


if __name__ == '__main__':
    unittest.main()
