# SPDX-License-Identifier: MIT
"""One file that is killed again and again, at either end, and must take another way every time."""

import unittest

from examine import check_end, check_journal
from fault_case import FaultCase
from fault_lab import on_wire
from lab import METHODS
from lab_case import FULL
from trap import Trap

MIB = 1 << 20
SIZE, KILLS = (1024 * MIB, 10) if FULL else (40 * MIB, 4)
IBB_MOST = 2 * MIB  # of a stretch in-band


class ChangedWay(FaultCase):
    def test_another_way_after_each_kill(self):
        self.repeat(1, self.a_round)

    def a_round(self, chance, totals, number):
        lab = self.lab
        source = lab.make_file(f'{number}-changed.bin', SIZE, chance.random())
        before = sum(lab.sent().values())
        ways = [METHODS[place % 3] for place in range(chance.randrange(3), KILLS + 3)]
        job_id = None
        for way, victim in zip(ways, [chance.choice(('ann', 'bob')) for _ in range(KILLS)]):
            share = SIZE // (KILLS + 1)
            most = on_wire(way, min(share, IBB_MOST)) if way == 'si-ibb' else share
            self.only(way)
            trap = Trap(lab.stream_of(way), chance.randrange(most // 8, most), lab.daemons[victim])
            if job_id is None:
                job_id = lab.ann.send(source, lab.jid('bob'))
            else:
                lab.daemons[dead].restart()
            trap.ordered()
            trap.wait()
            trap.reap()
            check_journal(lab.daemons[victim], totals)
            totals.faults[way] += 1
            dead = victim
        self.only(METHODS[0])
        lab.daemons[dead].restart()
        lab.ann.run('--timeout', '300s', 'queue', 'wait', job_id, timeout=330)
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        again = (sum(lab.sent().values()) - before - SIZE) / KILLS
        totals.sent_again(max(0, again), f'{KILLS} kills, for each')
        (lab.bob.downloads / source.name).unlink(missing_ok=True)

    def only(self, way):
        """Further streams take this way: the better ones are shut."""
        lab = self.lab
        for chaos in (lab.socks5, *lab.hosts.values()):
            chaos.shut()
        if way == 'si-socks5/direct':
            for chaos in lab.hosts.values():
                chaos.open()
        elif way == 'si-socks5/proxy':
            lab.socks5.open()


if __name__ == '__main__':
    unittest.main()
