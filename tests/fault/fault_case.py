# SPDX-License-Identifier: MIT
"""What every case of this suite stands on: a lab whose ways are harmed, rounds that a seed repeats, and their sums.

XMPPFT_SEED (tests/run --seed) is the seed, or seed/round to begin at that round; XMPPFT_COUNT (--count) the number of
rounds in place of the case's own.
"""

import os
import random

from examine import Foreign, all_jobs
from fault_lab import FaultLab
from lab import METHODS
from lab_case import LabCase
from totals import Totals

MIB = 1 << 20
# The largest file of each method, as a power of two of MiB: in-band bytes take longer.
MOST = {'si-socks5/direct': 6, 'si-socks5/proxy': 6, 'si-ibb': 3}


class FaultCase(LabCase):
    @classmethod
    def make_lab(cls):
        return FaultLab(**cls.lab_options)

    def repeat(self, count, a_round):
        """Calls a_round(chance, totals, number) `count` times; each has its own chance. Fails if anything was found."""
        seed, _, first = os.environ.get('XMPPFT_SEED', '').partition('/')
        seed = seed or str(random.SystemRandom().randrange(10**6))
        self.seed = seed
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

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.foreign = Foreign(cls.lab.bob.downloads)

    def a_file_by_each_method(self, chance, number):
        return {method: self.lab.make_file(f'{number}-{method.rpartition("/")[2]}.bin',
                                           int(MIB * 2**chance.uniform(0, MOST[method])), chance.random())
                for method in METHODS}

    def wait_ended(self, ids, timeout=120):
        for job_id in ids:
            self.lab.ann.run('--timeout', f'{timeout}s', 'queue', 'wait', job_id, timeout=timeout + 30)

    def count_sent_again(self, files, before, states, totals):
        """Of those whose stream was under way at a fault, by what the journals said then."""
        for method, source in files.items():
            state = states.get(source.name, 'not yet')
            totals.faults[state] += 1
            if state in ('active', 'verifying'):
                again = self.lab.sent()[method] - before[method] - source.stat().st_size
                totals.sent_again(max(0, again), source.name)

    def tidy(self, sources):
        """Nothing of this round is there in the next."""
        lab = self.lab
        for daemon in (lab.ann, lab.bob):
            if live := [job['id'] for job in all_jobs(daemon) if job['finished_at'] is None]:
                daemon.run('queue', 'cancel', *live)
            daemon.run('queue', 'remove', '--all', '--yes')
        for path in [*sources, *lab.bob.downloads.iterdir()]:
            if path not in self.foreign.files:
                path.unlink()
