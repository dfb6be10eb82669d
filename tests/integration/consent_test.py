# SPDX-License-Identifier: MIT
"""Nothing is received without consent; an offer can be accepted, declined, withdrawn, cancelled."""

import unittest

from lab_case import LabCase
from process import wait_for

MIB = 1 << 20


class Consent(LabCase):
    @classmethod
    def prepare(cls):
        """No rule: bob is asked."""

    def offered(self, name, size=MIB, *options):
        """A file that ann offers. Returns (source, ann's job id, bob's job id)."""
        source = self.lab.make_file(name, size)
        theirs = self.lab.ann.send(source, self.lab.jid('bob'), *options)
        ours = wait_for('the offer', lambda: [job['id'] for job in self.lab.bob.json('offers')['jobs']
                                              if job['name'] == name])
        return source, theirs, ours[0]

    def test_an_offer_waits_and_is_accepted(self):
        source, theirs, ours = self.offered('asked.bin')
        self.assertEqual(self.lab.ann.job(theirs)['state'], 'offered')
        self.assertEqual(self.listing(self.lab.bob.downloads), [], 'nothing before consent')
        self.lab.bob.ctl('accept', ours, '--wait')
        arrived = self.assert_delivered(self.lab.ann.wait(theirs), source)
        arrived.unlink()

    def test_accepted_into_a_folder(self):
        source, theirs, ours = self.offered('elsewhere.bin')
        folder = self.lab.directory / 'elsewhere'
        folder.mkdir()
        self.lab.bob.ctl('accept', ours, '--into', f'{folder}/')
        self.assert_delivered(self.lab.ann.wait(theirs), source, folder)

    def test_declined(self):
        _, theirs, ours = self.offered('declined.bin')
        self.lab.bob.ctl('decline', ours)
        job = self.lab.ann.wait(theirs)
        self.assertEqual((job['state'], job['reason']), ('failed', 'declined'))
        self.assertEqual(self.lab.bob.job(ours)['state'], 'cancelled')
        self.assertEqual(self.listing(self.lab.bob.downloads), [])

    def test_withdrawn_by_the_sender(self):
        _, theirs, ours = self.offered('withdrawn.bin')
        self.lab.ann.ctl('queue', 'cancel', theirs)
        self.assertEqual(self.lab.ann.job(theirs)['state'], 'cancelled')
        job = self.lab.bob.wait_state(ours, 'cancelled', timeout=10)
        self.assertEqual(job['reason'], 'withdrawn')
        self.assertNotEqual(self.lab.bob.run('accept', ours).returncode, 0)

    def cancelled_in_the_middle(self, name, canceller):
        source, theirs, ours = self.offered(name, 64 * MIB, '--method', 'si-ibb')
        self.lab.bob.ctl('accept', ours)
        wait_for('bytes', lambda: self.lab.ann.job(theirs)['transferred_bytes'] > 0)
        user, job_id = {'ann': ('ann', theirs), 'bob': ('bob', ours)}[canceller]
        self.lab.daemons[user].ctl('queue', 'cancel', job_id)
        mine = self.lab.daemons[user].wait(job_id, 30)
        self.assertEqual((mine['state'], mine['reason']), ('cancelled', 'user'))
        # The other side hears of it by a closed stream, and tidies up a moment later.
        wait_for('no file, no part', lambda: self.listing(self.lab.bob.downloads) == [])
        source.unlink()
        return theirs, ours

    def test_cancelled_by_the_receiver_in_the_middle(self):
        theirs, _ = self.cancelled_in_the_middle('cancelled-by-bob.bin', 'bob')
        self.assertIn(self.lab.ann.wait(theirs, 30)['state'], ('cancelled', 'failed'))

    def test_cancelled_by_the_sender_in_the_middle(self):
        _, ours = self.cancelled_in_the_middle('cancelled-by-ann.bin', 'ann')
        job = wait_for('bob to notice', lambda: (job := self.lab.bob.job(ours))['state'] != 'active' and job)
        self.assertIn(job['state'], ('cancelled', 'failed', 'queued'))
        self.lab.bob.run('queue', 'cancel', ours)

    def test_rules_are_kept_and_removed(self):
        folder = self.lab.directory / 'ruled'
        folder.mkdir()
        self.lab.accept_from('bob', 'ann', folder)
        try:
            self.lab.bob.stop()
            self.lab.bob.restart()
            self.lab.wait_contacts_online('ann')
            source = self.lab.make_file('ruled.bin', 1000)
            job = self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob')))
            self.assert_delivered(job, source, folder)
        finally:
            self.lab.bob.ctl('policy', 'remove', '1')
        _, theirs, ours = self.offered('asked-again.bin')
        self.lab.bob.ctl('decline', ours)
        self.lab.ann.wait(theirs)


if __name__ == '__main__':
    unittest.main()
