# SPDX-License-Identifier: MIT
"""kill -9 of the receiver, of the sender, of both, at any moment of a file by each method: it arrives once, and exact,
and what was sent stays sent."""

import time
import unittest

from examine import Watch, check_end, check_ids, check_journal, check_names
from fault_case import FaultCase
from fault_lab import on_wire
from lab import METHODS
from trap import Trap

VICTIMS = (('bob',), ('ann',), ('ann', 'bob'))


class KilledDaemon(FaultCase):
    def test_killed_at_any_moment(self):
        self.repeat(12, self.a_round)

    def a_round(self, chance, totals, number):
        """A file by each method at once. When some byte of one has passed, or a little later, somebody is killed."""
        lab = self.lab
        files = self.a_file_by_each_method(chance, number)
        sources = list(files.values())
        victims, trigger = chance.choice(VICTIMS), chance.choice(METHODS)
        byte = on_wire(trigger, chance.random() * files[trigger].stat().st_size)
        late = chance.choice((0, chance.uniform(0, 0.1)))
        before = lab.sent()
        with Watch(lab.bob.downloads, sources, totals):
            states, ids = self.send_and_kill(files, victims, (trigger, byte, late), totals)
            check_names(lab.bob.downloads, sources, totals, f'when {victims} were killed')
            for victim in victims:
                lab.daemons[victim].restart()
            check_ids(lab.ann, ids, totals)
            self.wait_ended(ids)
        self.count_sent_again(files, before, states, totals)
        check_end(lab, ids, sources, lab.bob.downloads, totals)
        self.foreign.check(totals)
        self.tidy(sources)

    def send_and_kill(self, files, victims, moment, totals):
        """Returns what the victims' journals say of the files, and the jobs' ids."""
        lab = self.lab
        trigger, byte, late = moment
        daemons = [lab.daemons[victim] for victim in victims]
        trap = Trap(lab.stream_of(trigger), byte, *daemons, kills=not late)
        ids = [lab.ann.send(source, lab.jid('bob'), '--method', method) for method, source in files.items()]
        trap.ordered()
        trap.wait()
        if late:
            time.sleep(late)
            trap.kill()
        trap.reap()
        states = {}
        for daemon in daemons:
            states |= check_journal(daemon, totals)
        return states, ids


if __name__ == '__main__':
    unittest.main()
