# SPDX-License-Identifier: MIT
"""What is sent is the file that the sender's user opened: not another one of its path, and not another content."""

import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from lab import sha256
from lab_case import LabCase
from process import Child, wait_for

OLD = (1_500_000_000, 1_500_000_000)


class SentFile(LabCase):
    def queued(self, *sources):
        """Jobs that wait, for bob is away. Ends with bob's return."""
        self.lab.bob.stop()
        ids = self.lab.ann.json('send', *sources, '--to', self.lab.jid('bob'))['ids']
        wait_for('waiting', lambda: all(self.lab.ann.job(one)['reason'] == 'waiting-peer' for one in ids))
        return ids

    def ended(self, ids):
        self.lab.bob.restart()
        return [self.lab.ann.wait(one) for one in ids]

    def test_metadata_alone_is_no_change(self):
        deeds = {
            'chmod': lambda path: path.chmod(0o400),
            'link': lambda path: os.link(path, f'{path}.link'),
            'attribute': lambda path: os.setxattr(path, 'user.note', b'x'),
            'atime': lambda path: os.utime(path, (5, path.stat().st_mtime)),
            'rename': lambda path: path.rename(f'{path}.away').rename(path),
            'touch': lambda path: os.utime(path),
            'copy': lambda path: shutil.copy2(path, f'{path}.copy') and os.rename(f'{path}.copy', path),
        }
        sources = [self.lab.make_file(f'{name}.bin', 200_000) for name in deeds]
        ids = self.queued(*sources)
        for source, deed in zip(sources, deeds.values()):
            deed(source)
        for source, job in zip(sources, self.ended(ids)):
            self.assert_delivered(job, source)

    def test_another_content_with_the_old_time_is_a_change(self):
        sources = [self.lab.make_file(f'rewritten-{size}.bin', size) for size in (1, 5000, 3_000_000)]
        for source in sources:
            os.utime(source, OLD)
        ids = self.queued(*sources)
        for source in sources:
            with open(source, 'r+b') as file:
                first = file.read(1)
                file.seek(0)
                file.write(bytes([first[0] ^ 1]))
            os.utime(source, OLD)
        for job in self.ended(ids):
            self.assertEqual((job['state'], job['reason']), ('failed', 'file-changed'), job)

    def test_chmod_while_it_is_sent(self):
        source = self.lab.make_file('active.bin', 40_000_000)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-ibb')
        wait_for('bytes', lambda: self.lab.ann.job(job_id)['transferred_bytes'] > 0)
        source.chmod(0o440)
        os.link(source, f'{source}.link')
        self.assert_delivered(self.lab.ann.wait(job_id), source)

    def test_another_mount_namespace_sees_another_file_there(self):
        """As with PrivateTmp, or in a container: the same path, two files."""
        if os.geteuid() != 0:
            self.skipTest('a mount namespace needs root')
        folder = self.lab.directory / 'private'
        folder.mkdir()
        (folder / 'same-path.txt').write_text('what the daemon sees')
        mine = self.lab.files / 'mine.txt'
        mine.write_text('what the user sees')
        command = (f'mount -t tmpfs none {folder} && cp {mine} {folder}/same-path.txt && '
                   f'cp {mine} {folder}/only-here.txt && '
                   f'{self.lab.ann.ctl_path} --json send {folder}/same-path.txt {folder}/only-here.txt '
                   f'--to {self.lab.jid("bob")}')
        done = subprocess.run(['unshare', '--mount', 'sh', '-c', command], env=self.lab.ann.env, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for job in self.lab.ann.jobs():
            if job['name'] in ('same-path.txt', 'only-here.txt'):
                self.assertEqual(self.lab.ann.wait(job['id'])['state'], 'done')
                arrived = self.lab.bob.downloads / job['name']
                self.assertEqual(arrived.read_text(), 'what the user sees')

    def test_standard_input_outlives_nothing_but_the_command(self):
        self.lab.bob.stop()
        job_id = int(self.lab.ann.ctl('-q', 'send', '-', '--name', 'piped.txt', '--to', self.lab.jid('bob'),
                                      stdin='piped').split()[0])
        job, = self.ended([job_id])
        self.assertEqual(job['state'], 'done')
        self.assertEqual((self.lab.bob.downloads / 'piped.txt').read_text(), 'piped')

    def test_a_link_is_sent_under_the_name_that_was_typed(self):
        target = self.lab.make_file('target-0815.bin', 1000)
        link = self.lab.files / 'holiday.bin'
        link.symlink_to(target)
        job = self.lab.ann.wait(self.lab.ann.send(link, self.lab.jid('bob')))
        self.assert_delivered(job, link)
        self.assertFalse((self.lab.bob.downloads / target.name).exists())

    def test_thousands_are_one_order_or_none(self):
        many = self.lab.directory / 'many'
        many.mkdir()
        for number in range(1500):
            (many / f'{number:04}').write_bytes(b'x')
        before = len(self.lab.ann.jobs('--rows', '100000'))
        nobody = 'nobody@nowhere.invalid'
        ids = self.lab.ann.json('send', *sorted(many.iterdir()), '--to', nobody)['ids']
        self.assertEqual(len(ids), 1500)
        self.assertEqual(ids, sorted(ids))
        self.lab.ann.ctl('queue', 'cancel', f'{ids[0]}-{ids[-1]}')
        recipients = [word for number in range(7) for word in ('--to', f'{number}@nowhere.invalid')]
        done = self.lab.ann.run('send', *sorted(many.iterdir()), *recipients)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('10000', done.stderr)
        self.assertEqual(len(self.lab.ann.jobs('--rows', '100000')), before + 1500)

    def test_ctrl_c_before_anything_is_queued_says_so(self):
        read, write = os.pipe()
        log = self.lab.directory / 'interrupted.log'
        child = Child([self.lab.ann.ctl_path, 'send', '-', '--name', 'x', '--to', self.lab.jid('bob')], log,
                      self.lab.ann.env, stdin=read)
        os.write(write, b'x' * 4096)
        wait_for('spooling', lambda: any(os.readlink(fd).endswith('(deleted)')
                                         for fd in pathlib.Path(f'/proc/{child.pid}/fd').iterdir()
                                         if os.path.lexists(fd)))
        child.process.send_signal(signal.SIGINT)
        self.assertEqual(child.process.wait(20), 130)
        os.close(write)
        os.close(read)
        self.assertIn('nothing was queued', child.tail())

    def test_a_long_path_is_sent(self):
        folder = self.lab.directory
        name = 'ü' * 100
        while len(str(folder)) < 900:
            folder = folder / name
        folder.mkdir(parents=True)
        source = folder / 'deep.txt'
        source.write_text('deep')
        self.assertGreater(len(source.as_uri()), 4096)
        self.assert_delivered(self.lab.ann.wait(self.lab.ann.send(source, self.lab.jid('bob'))), source)


if __name__ == '__main__':
    unittest.main()
