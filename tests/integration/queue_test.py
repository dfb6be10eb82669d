# SPDX-License-Identifier: MIT
"""The queue: waiting for a peer, order, stdin as a file, several files, existing names, removal."""

import unittest

from lab_case import LabCase
from process import wait_for

MIB = 1 << 20


class Queue(LabCase):
    def test_an_offline_peer_is_waited_for(self):
        self.lab.bob.stop()
        source = self.lab.make_file('patience.bin', MIB)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'))
        try:
            job = self.lab.ann.wait_state(job_id, 'queued')
            wait_for('waiting-peer', lambda: self.lab.ann.job(job_id)['reason'] == 'waiting-peer', 30)
            self.assertEqual(job['transferred_bytes'], 0)
        finally:
            self.lab.bob.restart()
        self.assert_delivered(self.lab.ann.wait(job_id), source)

    def test_several_files_in_one_batch(self):
        sources = [self.lab.make_file(f'batch-{number}.bin', 10_000 * number) for number in range(5)]
        said = self.lab.ann.json('send', *sources, '--to', self.lab.jid('bob'))
        batch = said['batch']
        self.lab.ann.ctl('--timeout', '60s', 'queue', 'wait', f'@{batch}')
        for source in sources:
            self.assert_delivered({'state': 'done'}, source)

    def test_standard_input_is_a_file(self):
        text = 'from a pipe\n' * 1000
        self.lab.ann.ctl('send', '-', '--name', 'piped.txt', '--to', self.lab.jid('bob'), '--wait',
                         stdin=text)
        self.assertEqual((self.lab.bob.downloads / 'piped.txt').read_text(), text)

    def test_another_name_for_the_receiver(self):
        source = self.lab.make_file('mine.bin', 100)
        self.lab.ann.ctl('send', source, '--name', 'yours.bin', '--to', self.lab.jid('bob'), '--wait')
        self.assertEqual((self.lab.bob.downloads / 'yours.bin').read_bytes(), source.read_bytes())

    def test_the_same_file_twice_makes_two_files(self):
        source = self.lab.make_file('double.bin', 100)
        for _ in range(2):
            self.lab.ann.ctl('send', source, '--to', self.lab.jid('bob'), '--wait')
        self.assertEqual(len(list(self.lab.bob.downloads.glob('double*.bin'))), 2)

    def test_a_name_in_unicode_and_with_quotes(self):
        source = self.lab.make_file('Grüße „an\' Bob" & <co>.txt', 100)
        self.lab.ann.ctl('send', source, '--to', self.lab.jid('bob'), '--wait')
        self.assertEqual((self.lab.bob.downloads / source.name).read_bytes(), source.read_bytes())

    def test_a_full_jid_goes_to_that_resource_alone(self):
        source = self.lab.make_file('no-such-resource.bin', 100)
        job_id = self.lab.ann.send(source, self.lab.jid('bob') + '/no-such-resource')
        wait_for('waiting-peer', lambda: self.lab.ann.job(job_id)['reason'] == 'waiting-peer', 30)
        self.lab.ann.ctl('queue', 'cancel', job_id)
        self.assertFalse((self.lab.bob.downloads / source.name).exists())

    def test_higher_priority_goes_first(self):
        """One job a peer at a time: when the urgent one is done, the other has not ended."""
        large = self.lab.make_file('large.bin', 4 * MIB)
        jobs = [self.lab.ann.send(large, self.lab.jid('bob'), '--method', 'si-ibb', '--priority', priority)
                for priority in ('0', '-5', '5')]
        first, low, high = jobs
        self.lab.ann.wait(high)
        self.assertEqual(self.lab.ann.job(first)['state'], 'done')
        self.assertNotEqual(self.lab.ann.job(low)['state'], 'done')
        self.assertEqual(self.lab.ann.wait(low)['state'], 'done')

    def test_a_removed_job_is_gone(self):
        source = self.lab.make_file('removed.bin', 100)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'))
        self.lab.ann.wait(job_id)
        self.lab.ann.ctl('queue', 'remove', job_id)
        self.assertEqual(self.lab.ann.run('queue', 'show', job_id).returncode, 3)
        self.assertTrue((self.lab.bob.downloads / source.name).exists(), 'the file stays')


class OrderOfMethods(LabCase):
    lab_options = {'config': {'methods': ['si-ibb', 'si-socks5']}}

    def test_the_receivers_preference_decides_not_the_senders(self):
        source = self.lab.make_file('order.bin', 1000)
        job = self.lab.ann.wait(
            self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-socks5,si-ibb'))
        self.assert_delivered(job, source)
        self.assertEqual(job['method'], 'si-ibb')


class WithoutDirectAddresses(LabCase):
    """Neither an address of ours nor a proxy to offer."""

    lab_options = {'config': {'socks5': {'direct': False, 'use_server_proxy': False}}}

    def test_in_band_when_no_host_works(self):
        source = self.lab.make_file('fallback.bin', MIB)
        job = self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob')))
        self.assert_delivered(job, source)
        self.assertEqual(job['method'], 'si-ibb')


if __name__ == '__main__':
    unittest.main()
