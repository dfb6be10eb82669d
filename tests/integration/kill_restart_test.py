# SPDX-License-Identifier: MIT
"""kill -9 of either daemon in the middle: the job is still there, goes on where it stopped, and ends in a
correct file."""

import unittest

from lab_case import LabCase
from process import wait_for

MIB = 1 << 20
IN_THE_MIDDLE = {'si-ibb': 24 * MIB, 'si-socks5/proxy': 1024 * MIB, 'si-socks5/direct': 1024 * MIB}
ARRIVED = MIB  # at least, when something happens


class KillRestart(LabCase):
    def begin(self, method, name):
        source = self.lab.make_file(name, IN_THE_MIDDLE[method])
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', method)
        wait_for('bytes to arrive', lambda: self.theirs(source)['transferred_bytes'] >= ARRIVED, every=0.01)
        job = self.lab.ann.job(job_id)
        self.assertEqual(job['state'], 'active')
        self.assertLess(job['transferred_bytes'], job['size_bytes'])
        return source, job_id

    def theirs(self, source):
        """Bob's job of that file."""
        jobs = [job for job in self.lab.bob.jobs() if job['name'] == source.name]
        self.assertLessEqual(len(jobs), 1, jobs)
        return jobs[0] if jobs else {'transferred_bytes': 0}

    def finish(self, source, job_id):
        job = self.lab.ann.wait(job_id, timeout=180)
        self.assertGreaterEqual(job['offset_bytes'], ARRIVED, 'it goes on where it stopped')
        self.assertEqual(self.theirs(source)['offset_bytes'], job['offset_bytes'])
        arrived = self.assert_delivered(job, source)
        self.assertEqual([job for job in self.lab.bob.jobs() if job['name'] == source.name
                          and job['state'] != 'done'], [], 'one file, one job at the receiver')
        arrived.unlink()
        source.unlink()

    def kill_sender(self, method):
        source, job_id = self.begin(method, f'sender-killed-{method.replace("/", "-")}.bin')
        self.lab.ann.kill()
        self.lab.ann.restart()
        self.assertEqual(self.lab.ann.job(job_id)['name'], source.name)
        self.finish(source, job_id)

    def kill_receiver(self, method):
        source, job_id = self.begin(method, f'receiver-killed-{method.replace("/", "-")}.bin')
        self.lab.bob.kill()
        self.lab.bob.restart()
        self.assertIn(source.name, [job['name'] for job in self.lab.bob.jobs()])
        self.finish(source, job_id)

    def test_sender_killed_during_ibb(self):
        self.kill_sender('si-ibb')

    def test_receiver_killed_during_ibb(self):
        self.kill_receiver('si-ibb')

    def test_sender_killed_during_direct(self):
        self.kill_sender('si-socks5/direct')

    def test_receiver_killed_during_direct(self):
        self.kill_receiver('si-socks5/direct')

    def test_sender_killed_during_proxy(self):
        self.kill_sender('si-socks5/proxy')

    def test_receiver_killed_during_proxy(self):
        self.kill_receiver('si-socks5/proxy')

    def test_a_returned_id_survives_at_once(self):
        source = self.lab.make_file('at-once.bin', MIB)
        job_id = self.lab.ann.send(source, 'nobody-there@' + self.lab.server.domain + '/x')
        self.lab.ann.kill()
        self.lab.ann.restart()
        self.assertEqual(self.lab.ann.job(job_id)['name'], source.name)
        self.lab.ann.run('queue', 'cancel', job_id)

    def test_server_restarted_during_ibb(self):
        source, job_id = self.begin('si-ibb', 'server-restarted.bin')
        self.lab.server.kill()
        self.lab.server.start()
        for user in ('ann', 'bob'):
            self.lab.wait_contacts_online(user, timeout=90)
        self.finish(source, job_id)


if __name__ == '__main__':
    unittest.main()
