# SPDX-License-Identifier: MIT
"""Real disks that are full or take nothing: whoever is concerned says so, waits without working, and goes on alone."""

import sqlite3
import time
import unittest

from examine import all_jobs, check_end, check_names
from fault_case import MIB, FaultCase
from process import Invalid, wait_for
from small_disk import SmallDisk
from totals import Totals

BALLAST = 256 << 10


class SmallTarget(FaultCase):
    """16 MiB for what bob receives, of which 1 MiB is to stay free."""

    @classmethod
    def prepare(cls):
        cls.disk = SmallDisk(cls.lab.bob.downloads, '16M')
        cls.addClassCleanup(cls.disk.close)
        super().prepare()

    def bobs(self, name):
        jobs = [job for job in all_jobs(self.lab.bob) if job['name'] == name]
        self.assertLessEqual(len(jobs), 1, jobs)
        return jobs[0] if jobs else {'state': 'none', 'reason': ''}

    def finish(self, totals, sources):
        self.assertEqual(totals.found, [])
        self.foreign.check(totals)
        self.tidy(sources)

    def test_what_has_no_room_waits_for_it(self):
        lab, totals = self.lab, Totals()
        sources = [lab.make_file(f'large-{number}.bin', 12 * MIB, number) for number in range(3)]
        first = lab.ann.send(sources[0], lab.jid('bob'))
        self.wait_ended([first])
        began = time.monotonic()
        ids = [lab.ann.send(source, lab.jid('bob')) for source in sources[1:]]
        for source in sources[1:]:
            wait_for('bob pauses it', lambda: (self.bobs(source.name)['state'], self.bobs(source.name)['reason'])
                     == ('paused', 'disk-low'), 10, every=0.1)
        self.assertLess(time.monotonic() - began, 4)
        for job_id in ids:
            wait_for('ann knows whose disk it is', lambda: "receiver's disk" in (lab.ann.job(job_id)['error'] or
                                                                                 {'message': ''})['message'], 10)
        busy = {user: daemon.cpu_seconds() for user, daemon in lab.daemons.items()}
        time.sleep(5)
        for user, daemon in lab.daemons.items():
            self.assertLess(daemon.cpu_seconds() - busy[user], 0.25, f'{user} works while it waits')
        (lab.bob.downloads / sources[0].name).unlink()
        one = wait_for('one of them is done', lambda: next((job_id for job_id in ids if lab.ann.job(job_id)['state']
                                                            == 'done'), None), 36)
        source = sources[1 + ids.index(one)]
        check_names(lab.bob.downloads, sources, totals, 'once there was room')
        self.assertTrue((lab.bob.downloads / source.name).exists())
        other, its_id = sources[2 - ids.index(one)], ids[1 - ids.index(one)]
        self.assertLessEqual(lab.ann.job(its_id)['attempt'], 1)
        (lab.bob.downloads / source.name).unlink()
        self.wait_ended(ids, 40)
        self.assertTrue((lab.bob.downloads / other.name).exists(), lab.ann.job(its_id))
        check_names(lab.bob.downloads, sources, totals, 'at the end')
        self.finish(totals, sources)

    def test_a_disk_that_nobody_may_write_to_is_waited_for(self):
        lab, totals = self.lab, Totals()
        source = lab.make_file('read-only.bin', MIB)
        self.disk.remount('ro')
        try:
            job_id = lab.ann.send(source, lab.jid('bob'))
            wait_for('bob waits', lambda: (self.bobs(source.name)['state'], self.bobs(source.name)['reason'])
                     == ('paused', 'io'), 10)
            time.sleep(5)
            job = lab.ann.job(job_id)
            self.assertEqual((job['state'], job['reason']), ('queued', 'backoff'), job)
            self.assertIn("receiver's disk", job['error']['message'])
        finally:
            self.disk.remount('rw')
        self.wait_ended([job_id], 40)
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.finish(totals, [source])


class SmallState(FaultCase):
    """4 MiB for what ann's daemon keeps."""

    @classmethod
    def make_lab(cls):
        lab = super().make_lab()
        cls.state = lab.ann.directory / 'state'
        cls.disk = SmallDisk(cls.state, '4M')
        cls.addClassCleanup(cls.disk.close)
        return lab

    def tearDown(self):
        (self.state / 'hog').unlink(missing_ok=True)

    def test_a_full_disk_of_the_journal(self):
        """The job that runs ends on it, a new one is refused in words, and taken as soon as there is room."""
        lab, ann, totals = self.lab, self.lab.ann, Totals()
        ballast = self.state / 'xmppft/ballast'
        wait_for('the ballast', ballast.exists)
        self.assertGreaterEqual(ballast.stat().st_blocks * 512, BALLAST)
        sources = [lab.make_file(f'state-{number}.bin', MIB, number) for number in range(3)]
        lab.bob.stop()
        waiting = ann.send(sources[0], lab.jid('bob'))
        hog = self.disk.fill()
        if self.disk.free() != 0:
            raise Invalid('the disk is not full')

        def refused():
            """Until the log, which is reused, needs more."""
            done = ann.run('-q', 'send', sources[1], '--to', lab.jid('bob'))
            return done.returncode != 0 and done
        done = wait_for('it is refused', refused, 60)
        self.assertIn('the journal', done.stderr)
        self.assertFalse(ballast.exists())
        lab.bob.restart()
        lab.wait_contacts_online('ann')
        job = ann.wait(waiting)
        self.assertEqual(job['state'], 'done', job)
        self.assertTrue(ann.child.running())
        hog.unlink()
        began = time.monotonic()
        again = ('-q', 'send', sources[2], '--to', lab.jid('bob'))
        wait_for('new jobs are taken', lambda: ann.run(*again).returncode == 0, 30, every=1)
        self.assertLess(time.monotonic() - began, 30)
        wait_for('the ballast', ballast.exists, 30)
        wait_for('the file', lambda: (lab.bob.downloads / sources[2].name).exists(), 60)
        ann.kill()
        database = sqlite3.connect(self.state / 'xmppft/jobs.db')
        self.assertEqual(database.execute('PRAGMA quick_check').fetchall(), [('ok',)])
        database.close()
        ann.restart()
        check_names(lab.bob.downloads, sources, totals, 'at the end')
        self.assertEqual(totals.found, [])


if __name__ == '__main__':
    unittest.main()
