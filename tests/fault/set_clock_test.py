# SPDX-License-Identifier: MIT
"""Somebody sets the time of day, by a day back, a day or ten years forward: nothing expires, fails or stops."""

import time
import unittest

from examine import check_end
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from trap import Trap

DAY = 24 * 3600
JUMPS = {'a day back': -DAY, 'a day forward': DAY, 'ten years forward': 3652 * DAY}
NOBODY = 'nobody@xmppft.test'


class SetClock(FaultCase):
    lab_options = {'clocked': True}

    def test_the_time_of_day_is_set(self):
        self.repeat(3, self.a_round)

    def a_round(self, chance, totals, number):
        lab, word = self.lab, tuple(JUMPS)[number % 3]
        source = lab.make_file(f'{number}-clock.bin', 2 * MIB, chance.random())
        later = lab.make_file(f'{number}-later.bin', MIB, chance.random())
        waiting = lab.ann.send(source, NOBODY)
        since = {user: daemon.json('account', 'list')['accounts'][0]['bound_jid']
                 for user, daemon in lab.daemons.items()}
        flow = lab.stream_of('si-ibb')
        flow.at(on_wire('si-ibb', MIB), flow.hold)
        trap = Trap(flow, on_wire('si-ibb', MIB), kills=False)
        job_id = lab.ann.send(source, lab.jid('bob'), '--method', 'si-ibb')
        trap.wait()
        lab.clock.set_wall(JUMPS[word])
        flow.go()
        time.sleep(1)
        ids = [job_id, lab.ann.send(later, lab.jid('bob'))]
        self.wait_ended(ids)
        totals.faults[word] += 1
        if (state := lab.ann.job(waiting)['state']) != 'queued':
            totals.blame('lost', f'{word}: what waits for {NOBODY} is {state}')
        for user, daemon in lab.daemons.items():
            if not lab.is_online(user):
                totals.blame('lost', f'{word}: {user} is not online')
            if daemon.json('account', 'list')['accounts'][0]['bound_jid'] != since[user]:
                totals.blame('lost', f'{word}: {user} has another session')
        check_end(lab, ids, [source, later], lab.bob.downloads, totals)
        self.tidy([source, later])


if __name__ == '__main__':
    unittest.main()
