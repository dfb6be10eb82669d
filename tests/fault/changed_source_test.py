# SPDX-License-Identifier: MIT
"""The source changes in the middle: the receiver gets what was ordered or nothing, and the sender says why."""

import os
import unittest

from examine import OURS
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from lab import METHODS, sha256
from process import Timeout, wait_for
from trap import Trap


def truncated(path):
    os.truncate(path, path.stat().st_size // 2)


def appended(path):
    with open(path, 'ab') as file:
        file.write(b'more')


def rewritten(path):
    with open(path, 'r+b') as file:
        file.seek(path.stat().st_size - 1000)
        file.write(b'other')


def replaced(path):
    other = path.with_suffix('.new')
    other.write_bytes(bytes(path.stat().st_size))
    other.rename(path)


def deleted(path):
    path.unlink()


def swapped(path):
    path.unlink()
    os.mkfifo(path)


# Of the first three another content is in the file that was ordered; of the others that is whole, without its name.
CHANGES = (truncated, appended, rewritten, replaced, deleted, swapped)
MUST_FAIL = CHANGES[:3]


class ChangedSource(FaultCase):
    def test_changed_in_the_middle(self):
        self.repeat(len(CHANGES) * len(METHODS), self.a_round)

    def a_round(self, chance, totals, number):
        lab = self.lab
        change, method = CHANGES[number % len(CHANGES)], METHODS[number // len(CHANGES) % len(METHODS)]
        size = int(MIB * chance.uniform(4, 6))
        source = lab.make_file(f'{number}-{change.__name__}.bin', size, chance.random())
        was = sha256(source)
        flow = lab.stream_of(method)
        trap = Trap(flow, on_wire(method, int(chance.uniform(0.05, 0.3) * size)), kills=False)
        flow.at(trap.byte, lambda: change(source))
        job_id = lab.ann.send(source, lab.jid('bob'), '--method', method)
        trap.wait()
        self.wait_ended([job_id])
        job = lab.ann.job(job_id)
        totals.faults[f'{change.__name__}: {job["state"]} {job["reason"]}'] += 1
        arrived = lab.bob.downloads / source.name
        if job['state'] == 'done':
            if change in MUST_FAIL:
                totals.blame('wrong', f'{source.name} was {change.__name__} and is done')
            if not arrived.exists() or sha256(arrived) != was:
                totals.blame('wrong', f'{source.name} is done, and at bob it is not what was ordered')
        else:
            if not job['reason'].startswith('file-'):
                totals.blame('lost', f'{source.name}: {job["reason"]}, {job["error"]}')
            if arrived.exists():
                totals.blame('wrong', f'{source.name} failed and has its name')
            self.check_told(source, change, totals)
        self.tidy([path for path in lab.files.iterdir()])

    def check_told(self, source, change, totals):
        """The sender's word is on its way when its job has ended."""
        bob = self.lab.bob

        def theirs():
            return next(job for job in bob.jobs() if job['name'] == source.name)
        try:
            wait_for('the receiver to be told', lambda: theirs()['finished_at'] is not None, 10)
        except Timeout:
            left = [path.name for path in bob.downloads.iterdir()
                    if OURS.fullmatch(path.name) and not self.foreign.planted(path)]
            totals.blame('litter', f'bob still waits for {source.name}, {change.__name__}: {theirs()["state"]}, {left}')


if __name__ == '__main__':
    unittest.main()
