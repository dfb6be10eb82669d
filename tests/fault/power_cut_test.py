# SPDX-License-Identifier: MIT
"""The machine of both daemons loses its power while files are under way and more are ordered: whatever was promised
is on its disk, and nothing else is taken for it."""

import subprocess
import threading
import unittest

from cut import CutDisk
from daemons import CommandFailed
from examine import all_jobs, check_end, check_ids, check_journal, check_names
from fault_case import FaultCase
from fault_lab import FaultLab, on_wire
from lab import METHODS
from trap import Trap

SMALL = 20_000


class PowerCut(FaultCase):
    @classmethod
    def make_lab(cls):
        lab = FaultLab()
        try:
            cls.disk = CutDisk(lab.directory).open()
        except BaseException:
            lab.remove()
            raise
        cls.addClassCleanup(cls.disk.close)
        for user, daemon in lab.daemons.items():
            for name in ('state', 'downloads'):
                (cls.disk.path / user / name).mkdir(parents=True, mode=0o700)
            daemon.env['XDG_STATE_HOME'] = str(cls.disk.path / user / 'state')
            daemon.downloads = cls.disk.path / user / 'downloads'
            daemon.change_config(download_dir=str(daemon.downloads))
        return lab

    def test_cut_at_any_moment(self):
        self.repeat(6, self.a_round)
        for daemon in self.lab.daemons.values():
            daemon.stop()
        self.disk.unmount()
        self.assertTrue(self.disk.is_clean(), 'e2fsck')
        self.disk.mount()
        for daemon in self.lab.daemons.values():
            daemon.restart()

    def a_round(self, chance, totals, number):
        lab = self.lab
        files = self.a_file_by_each_method(chance, number)
        sources = list(files.values())
        trigger = chance.choice(METHODS)
        byte = on_wire(trigger, chance.random() * files[trigger].stat().st_size)
        before = lab.sent()
        subprocess.run(['sync', '-f', self.disk.path], check=True)  # what was before is not what this round is about
        trap = Trap(lab.stream_of(trigger), byte, *lab.daemons.values())
        ids = [lab.ann.send(source, lab.jid('bob'), '--method', method) for method, source in files.items()]
        burst = Burst(lab, number)
        trap.ordered()
        trap.wait()
        trap.reap()
        self.disk.cut()
        burst.thread.join()
        self.disk.unmount()
        self.disk.mount()
        states = {}
        for daemon in lab.daemons.values():
            states |= check_journal(daemon, totals)
        check_names(lab.bob.downloads, sources, totals, 'after the power was cut')
        self.foreign.check(totals)
        for daemon in lab.daemons.values():
            daemon.restart()
        check_ids(lab.ann, [*ids, *burst.ids], totals)
        ids += burst.ids
        sources += burst.sources[:len(burst.ids)]
        self.wait_ended(ids)
        self.count_sent_again(files, before, states, totals)
        for job in all_jobs(lab.ann):   # of the burst the last one may be there though its id was never told
            if job['id'] not in ids:
                self.wait_ended([job['id']])
        check_end(lab, ids, sources, lab.bob.downloads, totals)
        self.tidy([*files.values(), *burst.sources])


class Burst:
    """Small files that are ordered one after another until the daemon is gone."""

    def __init__(self, lab, number):
        self.ids, self.sources = [], []
        self.lab, self.number = lab, number
        self.thread = threading.Thread(target=self._order)
        self.thread.start()

    def _order(self):
        for place in range(50):
            self.sources.append(self.lab.make_file(f'{self.number}-small-{place}.bin', SMALL, place))
            try:
                self.ids.append(self.lab.ann.send(self.sources[-1], self.lab.jid('bob')))
            except CommandFailed:
                return


if __name__ == '__main__':
    unittest.main()
