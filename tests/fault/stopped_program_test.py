# SPDX-License-Identifier: MIT
"""A program stands still and later goes on (SIGSTOP, SIGCONT): the other end says so in time, and what was under
way goes on."""

import os
import signal
import time
import unittest

from examine import Watch, check_end
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from lab import METHODS
from process import Invalid, wait_for
from trap import Trap

# Seconds by the daemons' clock, and how late may be seen what comes then.
STALLED, QUEUED, LATE = 15, 60, 12
ONLINE = 15
PACE = 5


class StoppedProgram(FaultCase):
    lab_options = {'clocked': True}

    def tearDown(self):
        for daemon in self.lab.daemons.values():
            os.kill(daemon.child.pid, signal.SIGCONT)

    def stop_in_the_middle(self, user, method, source, chance):
        """Sends `source` and stops `user` at some byte of it. Returns the job's id and the time."""
        lab = self.lab
        flow = lab.stream_of(method)
        size = source.stat().st_size
        byte = on_wire(method, chance.randrange(size // 4, size // 2))
        flow.at(byte, lambda: os.kill(lab.daemons[user].child.pid, signal.SIGSTOP))
        trap = Trap(flow, byte, kills=False)
        job_id = lab.ann.send(source, lab.jid('bob'), '--method', method)
        trap.wait()
        return job_id, lab.clock.now()

    def test_peer_stopped(self):
        self.repeat(3, self.peer_stopped)

    def peer_stopped(self, chance, totals, number):
        lab, method = self.lab, METHODS[number % 3]
        before = lab.sent()
        source = lab.make_file(f'{number}-stopped.bin', MIB * (4 if method == 'si-ibb' else 48), chance.random())
        job_id, since = self.stop_in_the_middle('bob', method, source, chance)
        lab.clock.run(PACE)
        self.wait_told(job_id, 'stalled', since + STALLED)
        self.wait_told(job_id, 'queued', since + QUEUED)
        time.sleep(chance.uniform(0, 30) / PACE)
        os.kill(lab.bob.child.pid, signal.SIGCONT)
        with Watch(lab.bob.downloads, [source], totals):
            self.wait_ended([job_id])
        lab.clock.run(1)
        totals.faults[method] += 1
        self.count_sent_again({method: source}, before, {source.name: 'active'}, totals)
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def wait_told(self, job_id, word, due):
        """That this is the job's state or reason is told at that time of the clock."""
        clock, ann = self.lab.clock, self.lab.ann
        wait_for(word, lambda: word in (ann.job(job_id)['state'], ann.job(job_id)['reason']), 240 / PACE)
        self.assertTrue(due - 1 < clock.now() < due + LATE, f'{word} came {clock.now() - due:+.0f} s')

    def test_stopped_while_its_session_died(self):
        self.repeat(3, self.session_died)

    def session_died(self, chance, totals, number):
        lab, method, user = self.lab, METHODS[chance.randrange(3)], ('ann', 'bob')[number % 2]
        before = lab.sent()
        source = lab.make_file(f'{number}-died.bin', MIB * (4 if method == 'si-ibb' else 16), chance.random())
        job_id, _ = self.stop_in_the_middle(user, method, source, chance)
        was = lab.ann.job(job_id)['state'] if user == 'bob' else 'active'
        if was != 'active':
            raise Invalid(f'{source.name} was {was}')
        lab.cut_off(user)
        lab.clock.run(PACE)
        time.sleep(chance.choice((20, 90)) / PACE)
        lab.let_on(user)
        os.kill(lab.daemons[user].child.pid, signal.SIGCONT)
        wait_for('a new session', lambda: self.logged_in(user), ONLINE / PACE)
        totals.faults[f'{user}, {method}'] += 1
        self.wait_ended([job_id])
        lab.clock.run(1)
        self.count_sent_again({method: source}, before, {source.name: 'active'}, totals)
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def logged_in(self, user):
        """By a connection of its own since the last one was cut."""
        return any(link.ended == 0 for link in self.lab.c2s[user].links) and self.lab.is_online(user)


if __name__ == '__main__':
    unittest.main()
