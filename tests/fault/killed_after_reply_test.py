# SPDX-License-Identifier: MIT
"""kill -9 right after a reply that told ids: each of them is there afterwards, and each file once."""

import collections
import unittest

from examine import all_jobs
from lone_daemon import LoneDaemonCase


class KilledAfterReply(LoneDaemonCase):
    def test_killed_right_after_a_reply(self):
        self.repeat(8, self.a_round)

    def a_round(self, chance, totals, number):
        told = {}
        for call in range(chance.randrange(1, 12)):
            names = [f'{number}-{call}-{place}' for place in range(chance.randrange(1, 30))]
            told.update(zip(self.send(*names), names, strict=True))
        self.daemon.kill()
        totals.faults['ids told'] += len(told)
        self.daemon.restart()
        jobs = all_jobs(self.daemon)
        names = {job['id']: job['name'] for job in jobs}
        for job_id, name in told.items():
            if names.get(job_id) != name:
                totals.blame('lost', f'job {job_id} of {name} is {names.get(job_id)}')
        for name, count in collections.Counter(names.values()).items():
            if count > 1:
                totals.blame('doubled', f'{name} has {count} jobs')
        self.daemon.ctl('queue', 'cancel', '--all', '--yes')
        self.daemon.ctl('queue', 'remove', '--all', '--yes')


if __name__ == '__main__':
    unittest.main()
