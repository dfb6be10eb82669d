# SPDX-License-Identifier: MIT
"""Where a received file is: under the path that is told, with the mode that its folder gives, in a folder that is good."""

import os
import shutil
import subprocess
import unittest

from lab import sha256
from lab_case import SANITIZED, LabCase
from process import wait_for

MIB = 1 << 20


class ReceivedFile(LabCase):
    def into(self, folder):
        self.lab.bob.ctl('policy', 'remove', '1')
        self.lab.bob.ctl('policy', 'add', '--from', self.lab.jid('ann'), '--into', folder)
        self.addCleanup(self.lab.bob.ctl, 'policy', 'add', '--from', self.lab.jid('ann'), '--into',
                        self.lab.bob.downloads)
        self.addCleanup(self.lab.bob.ctl, 'policy', 'remove', '1')

    def sent_while(self, name, deed):
        """Does it while the file comes. Returns (source, ann's job, bob's path)."""
        source = self.lab.make_file(name, (8 if SANITIZED else 48) * MIB)  # at a tenth of the speed under ASan
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-ibb')
        wait_for('bytes', lambda: self.lab.ann.job(job_id)['transferred_bytes'] > 0)
        deed()
        return source, job_id

    def bobs(self, name):
        return next(job for job in self.lab.bob.jobs() if job['name'] == name)

    def test_a_folder_that_is_moved_meanwhile(self):
        inbox = self.lab.directory / 'inbox'
        inbox.mkdir(0o700)
        self.into(inbox)

        def move():
            inbox.rename(f'{inbox}.old')
            inbox.mkdir(0o700)

        source, job_id = self.sent_while('moved.bin', move)
        self.assertEqual(self.lab.ann.wait(job_id)['state'], 'done')
        told = self.bobs('moved.bin')['path']
        self.assertEqual(told, f'{inbox}.old/moved.bin')
        self.assertEqual(sha256(told), sha256(source))
        self.assertEqual(self.listing(inbox), [])

    def test_a_folder_that_is_unmounted_meanwhile_is_waited_for(self):
        if os.geteuid() != 0:
            self.skipTest('mounting needs root')
        disk = self.lab.directory / 'mounted'
        disk.mkdir()
        image = self.lab.directory / 'mounted.real'
        image.mkdir(0o700)
        bind = ['mount', '--bind', image, disk]
        subprocess.run(bind, check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=False, stderr=subprocess.DEVNULL)
        self.into(disk)
        source, job_id = self.sent_while('unmounted.bin',
                                         lambda: subprocess.run(['umount', '-l', disk], check=True))
        job = wait_for('bob waits', lambda: (one := self.bobs('unmounted.bin'))['state'] == 'verifying'
                       and one['error'] and one, 60)
        self.assertIn('put it back', str(job['error']))
        subprocess.run(bind, check=True)
        self.assertEqual(self.lab.ann.wait(job_id)['state'], 'done')
        self.assertEqual(sha256(self.bobs('unmounted.bin')['path']), sha256(source))

    def test_the_mode_is_the_umasks(self):
        source = self.lab.make_file('mode.bin', 100)
        arrived = self.assert_delivered(self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob'))), source)
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(arrived.stat().st_mode & 0o7777, 0o666 & ~umask)

    def test_the_mode_is_the_configured_one(self):
        bob = self.lab.bob
        config = (bob.directory / 'config/xmppft/config.jsonc').read_text()
        self.addCleanup(self.restart_with, config)
        self.restart_with(config.replace('{', '{"receive": {"mode": "0640"},', 1))
        source = self.lab.make_file('mode-0640.bin', 100)
        arrived = self.assert_delivered(self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob'))), source)
        self.assertEqual(arrived.stat().st_mode & 0o7777, 0o640)

    def restart_with(self, config):
        self.lab.bob.stop()
        self.lab.bob.write_config(config)
        self.lab.bob.restart()
        self.lab.wait_contacts_online('ann')

    def test_a_rule_into_a_folder_that_strangers_can_write_to_is_told(self):
        bob = self.lab.bob
        folder = self.lab.directory / 'shared'
        folder.mkdir()
        rules = bob.json('policy', 'list')
        for mode in (0o777, 0o707):
            folder.chmod(mode)
            done = bob.run('policy', 'add', '--from', 'eve@example.org', '--into', folder)
            self.assertEqual(done.returncode, 7, done.stderr)
            self.assertIn(f'{mode:04o}', done.stderr)
            self.assertRegex(done.stderr, f"chmod g?o-w '{folder}'")
        self.assertEqual(bob.json('policy', 'list'), rules)
        folder.chmod(0o1777)
        bob.ctl('policy', 'add', '--from', 'eve@example.org', '--into', folder)
        # A folder that went meanwhile is no reason to refuse another rule.
        shutil.rmtree(folder)
        bob.ctl('policy', 'add', '--from', 'eve@example.org', '--into', bob.downloads)
        for _ in range(2):
            bob.ctl('policy', 'remove', '2')
        self.assertEqual(bob.json('policy', 'list'), rules)

    def test_the_folder_for_everybody_is_fine(self):
        self.into('/tmp/')
        source = self.lab.make_file(f'sticky-{os.getpid()}.bin', 100)
        job = self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob')))
        self.assertEqual(job['state'], 'done')
        told = self.bobs(source.name)['path']
        self.assertEqual(told, f'/tmp/{source.name}')
        os.unlink(told)

    def test_a_name_of_255_bytes_is_kept(self):
        source = self.lab.make_file('n' * 251 + '.bin', 100)
        self.assert_delivered(self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob'))), source)


if __name__ == '__main__':
    unittest.main()
