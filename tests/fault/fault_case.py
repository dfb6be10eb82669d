# SPDX-License-Identifier: MIT
"""What every case of this suite stands on: a lab whose ways are harmed, rounds that a seed repeats, and their sums.

XMPPFT_SEED (tests/run --seed) is the seed, or seed/round to begin at that round; XMPPFT_COUNT (--count) the number of
rounds in place of the case's own.
"""

import os
import random

from fault_lab import FaultLab
from lab_case import LabCase
from totals import Totals


class FaultCase(LabCase):
    @classmethod
    def make_lab(cls):
        return FaultLab(**cls.lab_options)

    def repeat(self, count, a_round):
        """Calls a_round(chance, totals, number) `count` times; each has its own chance. Fails if anything was found."""
        seed, _, first = os.environ.get('XMPPFT_SEED', '').partition('/')
        seed = seed or str(random.SystemRandom().randrange(10**6))
        first, count = int(first or 0), int(os.environ.get('XMPPFT_COUNT', 0)) or count
        totals, told = Totals(), 0
        try:
            for number in range(first, first + count):
                a_round(random.Random(f'{seed}/{number}'), totals, number)
                totals.rounds += 1
                for kind, text in totals.found[told:]:
                    print(f'{kind}: {text} (--seed {seed}/{number})', flush=True)
                told = len(totals.found)
                if totals.rounds % 20 == 0:
                    print(f'{self.id()}: {totals}', flush=True)
        except BaseException:
            print(f'{self.id()}: --seed {seed}/{number} repeats it; so far {totals}', flush=True)
            raise
        print(f'{self.id()}: seed {seed}, {totals}', flush=True)
        self.assertEqual(totals.found, [])
        return totals
