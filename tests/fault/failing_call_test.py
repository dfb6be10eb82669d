# SPDX-License-Identifier: MIT
"""The receiver's disk fails once or for good, calls are interrupted and writes cut short: what is not on disk is not
taken for it, what can go on does, and the rest is the receiver's trouble."""

import resource
import unittest

from examine import all_jobs, check_end, check_names
from fault_case import MIB, FaultCase
from inject import Injection
from process import Invalid, wait_for

SIZE = 8 * MIB + 4096   # a checkpoint is in it
IO_CALLS = ('fdatasync', 'fsync', 'pwrite64')
FILE_CALLS = (('pwrite64', 'xmppft-data'), ('fsync', 'xmppft-files'))
SOCKS5 = ('si-socks5/direct', 'si-socks5/proxy')
# A call that moves nothing. No file of a disk says EAGAIN, which is a socket's word, and a read of 0 bytes is an end.
INTERRUPTIONS = (('ann', 'error=EINTR', ('sendfile', 'pread64', 'read')),
                 ('bob', 'error=EINTR', ('recvfrom', 'pwrite64')),
                 ('ann', 'error=EAGAIN', ('sendfile',)), ('bob', 'error=EAGAIN', ('recvfrom',)),
                 ('bob', 'retval=0', ('pwrite64',)))
ENDED = ('done', 'failed', 'cancelled')


class FailingCall(FaultCase):
    def setUp(self):
        for user, daemon in self.lab.daemons.items():
            if not daemon.child.running():
                daemon.restart()
        for user in self.lab.daemons:
            self.lab.wait_contacts_online(user, 60)

    def test_the_disk_fails_once(self):
        self.repeat(6, self.fails_once)

    def fails_once(self, chance, totals, number):
        """The k-th call of each thread. Whatever it belonged to, done is said only of what is exact and there."""
        lab, bob = self.lab, self.lab.bob
        call = IO_CALLS[number % len(IO_CALLS)]
        place = 1 if call == 'fsync' else chance.randrange(1, 4)
        source = lab.make_file(f'{number}-{call}.bin', SIZE, chance.random())
        with Injection(bob, [call], f'error=EIO:when={place}') as injection:
            job_id = lab.ann.send(source, lab.jid('bob'), '--method', chance.choice(SOCKS5))
            wait_for('the fault', lambda: injection.fired() or lab.ann.job(job_id)['state'] in ENDED, 60, every=0.02)
            injection.end()   # another thread comes to its k-th as well, but seldom before this
            wait_for('the end', lambda: lab.ann.job(job_id)['state'] in ENDED or not bob.child.running(), 120)
            fired = injection.fired()
        if not fired:
            raise Invalid(f'{call} was not made {place} times by any thread')
        if not bob.child.running():
            totals.blame('lost', f'xmppftd ended with {bob.child.process.returncode} after {call} {place}')
            bob.restart()
        check_names(bob.downloads, [source], totals, f'after {call} {place} failed')
        job = lab.ann.job(job_id)
        totals.faults[f'{call}: {job["state"]} {job["reason"]}'] += 1
        # Each thread has a call of that number: the file may have met two.
        if fired == 1 or job['state'] == 'done':
            check_end(lab, [job_id], [source], bob.downloads, totals)
        else:
            self.check_given_up(job, source, totals)
        self.tidy([source])

    def check_given_up(self, job, source, totals):
        """Both say whose disk it was, in one job each, and nothing is left."""
        theirs = [one for one in all_jobs(self.lab.bob) if one['name'] == source.name]
        for one in (job, *theirs):
            if (one['state'], one['reason']) != ('failed', 'io'):
                totals.blame('lost', f'{source.name}: {one["state"]} {one["reason"]}, {one["error"]}')
        if len(theirs) != 1:
            totals.blame('doubled', f'{source.name} has jobs {[one["id"] for one in theirs]}')
        if left := sorted(path.name for path in self.lab.bob.downloads.iterdir() if path not in self.foreign.files):
            totals.blame('litter', f'{left}')

    def test_the_disk_fails_again_and_again(self):
        """The receiver tries twice and fails; its sender hears of that and does not ask for ever."""
        self.repeat(2, self.fails_for_good)

    def fails_for_good(self, chance, totals, number):
        lab = self.lab
        # Not the journal's: its disk is another one.
        call, threads = FILE_CALLS[number % len(FILE_CALLS)]
        source = lab.make_file(f'{number}-always.bin', SIZE, chance.random())
        with Injection(lab.bob, [call], 'error=EIO:when=1+', threads=threads) as injection:
            job_id = lab.ann.send(source, lab.jid('bob'), '--method', chance.choice(SOCKS5))
            self.wait_ended([job_id], 60)
            if not injection.fired():
                raise Invalid(f'{call} was not made')
        job = lab.ann.job(job_id)
        totals.faults[f'{call}: {job["attempt"]} attempts'] += 1
        self.check_given_up(job, source, totals)
        self.tidy([source])

    def test_calls_are_interrupted(self):
        self.repeat(len(INTERRUPTIONS), self.interrupted)

    def interrupted(self, chance, totals, number):
        """Every so-many-th call that moves bytes of a file, on either side."""
        lab = self.lab
        user, fate, calls = INTERRUPTIONS[number % len(INTERRUPTIONS)]
        source = lab.make_file(f'{number}-interrupted.bin', SIZE, chance.random())
        every = chance.randrange(3, 20)
        with Injection(lab.daemons[user], calls, f'{fate}:when={every}+{every}') as injection:
            job_id = lab.ann.send(source, lab.jid('bob'), '--method', 'si-socks5/direct')
            self.wait_ended([job_id])
            if not injection.fired():
                raise Invalid(f'none of {calls} was made {every} times')
        totals.faults[f'{fate} at {user}: {lab.ann.job(job_id)["attempt"]} attempts'] += 1
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def test_a_write_is_cut_short(self):
        self.repeat(3, self.cut_short)

    def cut_short(self, chance, totals, number):
        """By a limit on the size of files (ulimit -f): some of it is written, the rest refused until that is lifted."""
        lab, bob = self.lab, self.lab.bob
        source = lab.make_file(f'{number}-short.bin', SIZE, chance.random())
        limit = chance.randrange(4 * MIB, SIZE)
        _, most = resource.prlimit(bob.child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bob.child.pid, resource.RLIMIT_FSIZE, (limit, most))
        try:
            job_id = lab.ann.send(source, lab.jid('bob'), '--method', chance.choice(SOCKS5))
            wait_for('the limit', lambda: any(path.stat().st_size == limit for path in bob.downloads.glob('.*.part'))
                     or not bob.child.running(), 20, every=0.01)
        except AssertionError as error:
            raise Invalid(f'no write was cut at {limit}: {error}') from None
        finally:
            if bob.child.running():
                resource.prlimit(bob.child.pid, resource.RLIMIT_FSIZE, (most, most))
        self.wait_ended([job_id])
        totals.faults[f'{lab.ann.job(job_id)["attempt"]} attempts'] += 1
        check_end(lab, [job_id], [source], bob.downloads, totals)
        self.tidy([source])


if __name__ == '__main__':
    unittest.main()
