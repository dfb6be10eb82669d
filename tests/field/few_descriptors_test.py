# SPDX-License-Identifier: MIT
"""A daemon that has no descriptor left (the limit is low, other jobs hold them) loses no job: they wait, say why, and
are done once there are some again."""

import os
import resource
import time
import unittest

from lab_case import LabCase
from process import wait_for

FILES = 6


def spare_number(pid):
    """The lowest number that the next descriptor of the process would get."""
    taken = {int(name) for name in os.listdir(f'/proc/{pid}/fd')}
    return next(number for number in range(len(taken) + 1) if number not in taken)


class FewDescriptors(LabCase):
    # UBSan looks at an object through a pipe. Without a descriptor it takes each for a wild one, before it asks whether
    # that is suppressed, and no sanitizer can open a file for what it found: it goes to the daemon's log.
    untrue = 'which does not point to an object of type'
    lab_options = {'env': {'ASAN_OPTIONS': 'detect_stack_use_after_return=1', 'UBSAN_OPTIONS': 'halt_on_error=0'}}

    def setUp(self):
        self.sources = [self.lab.make_file(f'{self._testMethodName}-{number}.bin', 100_000 + number)
                        for number in range(FILES)]

    def take_all_from(self, daemon, but=0):
        """Not one more than `but` can be opened, until the test ends or this is undone."""
        pid = daemon.child.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (spare_number(pid) + but, limits[1]))

        def give_back():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        self.addCleanup(give_back)
        return give_back

    def assert_all_done(self, ids):
        jobs = [self.lab.ann.wait(job_id) for job_id in ids]  # all: those that come have part files
        for job, source in zip(jobs, self.sources):
            self.assert_delivered(job, source)
        for daemon in self.lab.daemons.values():
            self.assertTrue(daemon.child.running())

    def test_the_sender_has_none(self):
        ann, bob = self.lab.ann, self.lab.bob
        bob.stop()
        wait_for('bob is away', lambda: not ann.contacts_online())
        ids = ann.json('send', *self.sources, '--to', self.lab.jid('bob'))['ids']
        wait_for('the jobs wait for bob', lambda: ann.job(ids[0])['reason'] == 'waiting-peer')
        give_back = self.take_all_from(ann)
        bob.restart()
        job = wait_for('a job that says why it waits',
                       lambda: next((one for one in map(ann.job, ids) if one['reason'] == 'backoff'), None))
        self.assertIn('LimitNOFILE=', str(job['error']))
        self.assertNotIn('dmesg', str(job['error']))
        time.sleep(5)
        jobs = [ann.job(job_id) for job_id in ids]
        self.assertEqual([job for job in jobs if job['state'] in ('failed', 'cancelled')], [])
        # One may be sent by what comes free: by its first attempt, for none before it is charged.
        self.assertEqual([job for job in jobs if job['attempt'] != (job['state'] != 'queued')], [])
        give_back()
        self.assert_all_done(ids)

    def test_the_receiver_has_none(self):
        ann, bob = self.lab.ann, self.lab.bob
        give_back = self.take_all_from(bob)
        ids = ann.json('send', *self.sources, '--to', self.lab.jid('bob'))['ids']
        mine = {source.name for source in self.sources}
        job = wait_for('an offer that says why it waits',   # before its answer, or once the stream was open
                       lambda: next((one for one in bob.jobs() if one['name'] in mine and one['error']
                                     and one['state'] in ('offered', 'queued', 'connecting')), None))
        self.assertIn('LimitNOFILE=', str(job['error']))
        time.sleep(6)
        self.assertEqual([one for one in map(ann.job, ids) if one['state'] in ('failed', 'cancelled')], [])
        give_back()
        self.assert_all_done(ids)

    def test_there_are_a_few(self):
        """Too few for the whole way of a file: whatever is missing, it is told or waited for, and nothing is lost."""
        for user in ('ann', 'bob'):
            for few in range(1, 9):
                with self.subTest(user=user, few=few):
                    give_back = self.take_all_from(self.lab.daemons[user], few)
                    try:
                        taken = self.sent(f'{user}-{few}')
                        time.sleep(2)
                    finally:
                        give_back()
                    self.sources = list(taken.values())
                    self.assert_all_done(taken)

    def sent(self, prefix):
        """Three files, as far as they were taken; others were refused for this reason. Returns {id: source}."""
        taken = {}
        for number in range(3):
            source = self.lab.make_file(f'{prefix}-{number}.bin', 50_000 + number)
            done = self.lab.ann.run('-q', 'send', source, '--to', self.lab.jid('bob'))
            if done.returncode == 0:
                taken[int(done.stdout.split()[0])] = source
            else:
                self.assertIn('LimitNOFILE=', done.stderr)
        return taken


if __name__ == '__main__':
    unittest.main()
