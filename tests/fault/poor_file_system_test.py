# SPDX-License-Identifier: MIT
"""A file system that can neither rename without replacing nor link, as exFAT by FUSE: a name is a whole file's or
nobody's, at any moment, whoever is killed."""

import unittest

from examine import Watch, check_end, check_names
from fault_case import MIB, FaultCase
from inject import Injection
from process import Invalid, wait_for

POOR = {'renameat2': 'error=EINVAL', 'linkat': 'error=EPERM'}
SIZE = MIB + 5


class PoorFileSystem(FaultCase):
    def test_the_name_is_given_at_once(self):
        self.repeat(2, self.given_at_once)

    def given_at_once(self, chance, totals, number):
        """Each call takes its time, for whoever looks."""
        lab = self.lab
        source = lab.make_file(f'{number}-poor.bin', SIZE, chance.random())
        slow = 'delay_enter=200000:delay_exit=200000'
        with Watch(lab.bob.downloads, [source], totals), \
                Injection(lab.bob, ['renameat', 'newfstatat'], slow, others=POOR) as poor:
            job_id = lab.ann.send(source, lab.jid('bob'))
            self.wait_ended([job_id])
            if 'renameat2' not in poor.text() or 'linkat' not in poor.text():
                raise Invalid('neither was tried')
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def test_a_taken_name_is_left_alone(self):
        self.repeat(1, self.taken)

    def taken(self, chance, totals, number):
        lab = self.lab
        source = lab.make_file(f'{number}-taken.bin', SIZE, chance.random())
        theirs = lab.bob.downloads / source.name
        theirs.write_text('the user wrote this')
        with Injection(lab.bob, [], others=POOR) as poor:
            job_id = lab.ann.send(source, lab.jid('bob'))
            self.wait_ended([job_id])
            if not poor.fired():
                raise Invalid('nothing was refused')
        if theirs.read_text() != 'the user wrote this':
            totals.blame('wrong', 'a file of the user was overwritten')
        if not (lab.bob.downloads / f'{source.stem} (2).bin').exists():
            totals.blame('lost', f'{source.name} did not arrive: {lab.ann.job(job_id)}')
        self.tidy([source])

    def test_killed_while_the_name_is_given(self):
        self.repeat(3, self.killed)

    def killed(self, chance, totals, number):
        lab, bob = self.lab, self.lab.bob
        call = ('renameat', 'linkat', 'renameat2')[number % 3]
        source = lab.make_file(f'{number}-killed.bin', SIZE, chance.random())
        others = {name: fate for name, fate in POOR.items() if name != call}
        with Injection(bob, [call], 'signal=KILL:when=1', others=others):
            job_id = lab.ann.send(source, lab.jid('bob'))
            wait_for('the kill', lambda: not bob.child.running() or lab.ann.job(job_id)['state'] == 'done', 60)
        if bob.child.running():
            raise Invalid(f'no {call} was made')
        check_names(bob.downloads, [source], totals, f'killed before {call}')
        bob.restart()
        with Injection(bob, [], others=POOR):
            self.wait_ended([job_id])
        check_end(lab, [job_id], [source], bob.downloads, totals)
        self.foreign.check(totals)
        self.tidy([source])


if __name__ == '__main__':
    unittest.main()
