# SPDX-License-Identifier: MIT
"""The receiver is killed before and after each system call of one receive that makes something last: it goes on from
whatever is on disk."""

import random
import unittest

from examine import check_end, check_journal, check_names
from fault_case import MIB, FaultCase
from inject import Injection
from process import Invalid, wait_for

CALLS = ('fdatasync', 'fsync', 'renameat2', 'renameat', 'unlink', 'unlinkat', 'ftruncate', 'linkat', 'fallocate')
SIZE = 8 * MIB + 4096   # a checkpoint is in it
SLOW = 'delay_exit=100000'   # microseconds that each call takes longer, once it was done: the time to kill


class KilledAtCall(FaultCase):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.points = cls.points_of_one_receive()

    @classmethod
    def points_of_one_receive(cls):
        """Those of one receive that nothing disturbs: (call, k) before the k-th of a thread, (None, k) after k of all."""
        lab = cls.lab
        source = lab.make_file('undisturbed.bin', SIZE)
        with Injection(lab.bob, CALLS) as recorded:
            if lab.ann.wait(lab.ann.send(source, lab.jid('bob')))['state'] != 'done':
                raise Invalid('one receive without a fault')
            of_a_thread, of_all = recorded.most_calls(), recorded.count()
        (lab.bob.downloads / source.name).unlink()
        before = [(call, place + 1) for call, most in sorted(of_a_thread.items()) for place in range(most)]
        return before + [(None, place + 1) for place in range(of_all)]

    def test_killed_at_each_call(self):
        self.repeat(8, self.a_round)

    def a_round(self, chance, totals, number):
        """Another point each round, until all were met."""
        lab = self.lab
        turn, place = divmod(number, len(self.points))
        call, place = random.Random(f'{self.seed} {turn}').sample(self.points, len(self.points))[place]
        source = lab.make_file(f'{number}-call.bin', SIZE, chance.random())
        job_id = self.killed_before(call, place, source) if call else self.killed_after(place, source)
        states = check_journal(lab.bob, totals)
        totals.faults[f'{"before " + call if call else "after any"} ({states.get(source.name, "not yet")})'] += 1
        check_names(lab.bob.downloads, [source], totals, f'{call} {place}')
        lab.bob.restart()
        self.wait_ended([job_id])
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.foreign.check(totals)
        self.tidy([source])

    def killed_before(self, call, place, source):
        """How many syncs there are varies, for the journal groups its commits: then it is an earlier one."""
        lab = self.lab
        for number in range(place, 0, -1):
            with Injection(lab.bob, [call], f'signal=KILL:when={number}'):
                job_id = lab.ann.send(source, lab.jid('bob'))
                self.wait_killed_or_done(job_id)
            if not lab.bob.child.running():
                return job_id
            self.tidy_one(source)
        raise Invalid(f'no {call}')

    def killed_after(self, count, source):
        lab = self.lab
        with Injection(lab.bob, CALLS, SLOW) as injection:
            job_id = lab.ann.send(source, lab.jid('bob'))
            wait_for(f'{count} calls', lambda: injection.fired() >= count or self.is_done(job_id), 60, every=0.005)
            lab.bob.kill()
            if not injection.fired():
                raise Invalid('no call was made')
        return job_id

    def is_done(self, job_id):
        return self.lab.ann.job(job_id)['state'] == 'done'

    def wait_killed_or_done(self, job_id):
        wait_for('the kill', lambda: not self.lab.bob.child.running() or self.is_done(job_id), 60)

    def tidy_one(self, source):
        (self.lab.bob.downloads / source.name).unlink()
        for daemon in self.lab.daemons.values():
            daemon.run('queue', 'remove', '--all', '--yes')


if __name__ == '__main__':
    unittest.main()
