# SPDX-License-Identifier: MIT
"""What others send to us does not hold up what we send, and takes a bounded part of us."""

import os
import time
import unittest

from lab_case import LabCase
from process import wait_for
from rawpeer import IBB, RawPeer, condition, si_offer

STARTED = ('offered', 'connecting', 'active', 'verifying', 'done')


class OthersFiles(LabCase):
    lab_options = {'raw_users': ('drip', 'flood')}

    @classmethod
    def prepare(cls):
        cls.lab.accept_from('bob', 'ann')
        for user in ('drip', 'flood'):
            cls.lab.accept_from('ann', user)

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.lab.ann.child.pid}/fd'))

    def ann_jid(self):
        return self.lab.ann.json('account', 'list')['accounts'][0]['bound_jid']

    def test_our_own_send_starts_while_one_drips_and_another_floods(self):
        ann = self.ann_jid()
        before = self.descriptors()
        with RawPeer(self.lab.server, 'drip') as drip, RawPeer(self.lab.server, 'flood') as flood:
            for number in range(3):
                sid = f'drip{number}'
                self.assertEqual(drip.offer(ann, sid, f'{sid}.bin', 1 << 20).get('type'), 'result')
                self.assertEqual(drip.ibb_open(ann, sid).get('type'), 'result')
                drip.ibb_data(ann, sid, 0, b'x')
            asked = [flood.iq('set', ann, si_offer(f'flood{number}', f'flood{number}.bin', 4096, [IBB]))
                     for number in range(200)]
            wait_for('the drips', lambda: len(self.lab.ann.json(
                'queue', 'list', '--state', 'active')['jobs']) == 3)

            source = self.lab.make_file('ours.bin', 4096)
            began = time.monotonic()
            ours = self.lab.ann.send(source, self.lab.jid('bob'))
            self.lab.ann.wait_state(ours, *STARTED, timeout=2)
            print(f'our own send started after {time.monotonic() - began:.2f} s')
            self.assert_delivered(self.lab.ann.wait(ours, timeout=20), source)

            # Of the 200 some are accepted, some wait, and the rest was told "not now".
            refused = flood.answer_to(asked[-1])
            self.assertEqual(condition(refused), 'resource-constraint')
            live = [job for job in self.lab.ann.jobs('--rows', '500')
                    if job['state'] not in ('done', 'failed', 'cancelled')]
            held = self.descriptors() - before
            print(f'{len(live)} live jobs, {held} more descriptors')
            self.assertLessEqual(len(live), 40)
            self.assertLessEqual(held, 100)


if __name__ == '__main__':
    unittest.main()
