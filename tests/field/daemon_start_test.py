# SPDX-License-Identifier: MIT
"""The daemon started in a bare or strange environment: by cron, by a script, after a backup was put back."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from daemons import Daemon
from lab import build_directory
from process import wait_for

BAD_CONFIG = 78


class Start(unittest.TestCase):
    def setUp(self):
        if not (build_directory() / 'daemon/xmppftd').exists():
            self.skipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-lab.')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.daemon = Daemon(self.folder / 'ann', build_directory())
        self.addCleanup(self.daemon.teardown)

    def wrapped(self, redirections):
        return ('sh', '-c', f'exec "$0" {redirections}')

    def test_any_standard_descriptor_may_be_closed(self):
        lock = self.daemon.directory / 'state/xmppft/lock'
        for closed in range(1, 8):
            with self.subTest(closed=f'{closed:03b}'):
                self.daemon.wrapper = self.wrapped(
                    ' '.join(f'{fd}>&-' for fd in range(3) if closed & 1 << fd))
                self.daemon.start()
                pid = self.daemon.child.pid
                for fd in range(3):
                    if closed & 1 << fd:
                        self.assertEqual(os.readlink(f'/proc/{pid}/fd/{fd}'), '/dev/null')
                self.assertEqual(self.daemon.stop(), 0)
                self.assertRegex(lock.read_text(), r'\A\d+\n', 'the lock holds a pid, not a log')
                self.assertNotIn('xmppftd', lock.read_text())

    def check(self, env, **kwargs):
        """xmppftd --check with this environment alone."""
        return subprocess.run([self.daemon.daemon_path, '--check'], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
                              cwd=self.folder, **kwargs)

    def test_home_that_is_none(self):
        """A user whom the password database does not know has no home but what HOME says."""
        if os.getuid() != 0:
            self.skipTest('needs root, to be another user')
        try:
            shutil.copy(self.daemon.daemon_path, self.folder / 'xmppftd')
            self.folder.chmod(0o755)
            self.daemon.build = self.folder / 'build'
            (self.folder / 'build/daemon').mkdir(parents=True)
            shutil.move(self.folder / 'xmppftd', self.daemon.daemon_path)
        except OSError as problem:
            self.skipTest(str(problem))
        before = set(os.listdir('/'))
        for home in (None, '', 'relative', '.', '/', '/nowhere/home', '/proc/self/exe'):
            with self.subTest(home=home):
                env = {} if home is None else {'HOME': home}
                done = self.check(env, user=54321, group=54321, extra_groups=[])
                self.assertEqual(done.returncode, BAD_CONFIG, done.stdout)
                self.assertIn('HOME', done.stdout)
        self.assertEqual(set(os.listdir('/')), before, 'nothing is made under /')

    def test_what_start_refuses_is_checked_too(self):
        """Each mistake has its place, whoever knows that it is one."""
        for key, value, text in (('socks5', 'listen', 'foo'), ('socks5', 'listen', '0.0.0.0:99999'),
                                 ('socks5', 'advertise', '[::1'), ('network', 'trusted', '1.2.3.4/99')):
            with self.subTest(key=value, text=text):
                self.daemon.write_config({key: {value: [text]}})
                done = self.check(self.daemon.env)
                self.assertEqual(done.returncode, BAD_CONFIG, done.stdout)
                self.assertRegex(done.stdout, rf'config.jsonc:\d+:\d+: error: {key}.{value}: ')
                self.assertIn(text, done.stdout)

    def test_relative_folders_are_ignored(self):
        self.daemon.env.update(XDG_STATE_HOME='state-here', XDG_CONFIG_HOME='config-here')
        self.daemon.start()
        self.daemon.stop()
        self.assertTrue((self.daemon.directory / '.local/state/xmppft/jobs.db').exists())
        self.assertFalse((self.daemon.directory / 'config-here').exists())
        self.assertFalse(pathlib.Path('state-here').exists())

    def test_bus_of_the_runtime_folder(self):
        del self.daemon.env['DBUS_SESSION_BUS_ADDRESS']
        self.daemon.start()
        self.assertIn('no accounts', self.daemon.ctl('status'))

    def test_one_string_for_a_list(self):
        self.daemon.write_config({'socks5': {'listen': '127.0.0.1:0'}, 'methods': 'si-ibb',
                                  'network': {'trusted': '127.0.0.0/8'}})
        self.daemon.start()

    def test_what_is_no_file_of_the_journal(self):
        """Only a person can mend that, so systemd is not to try again."""
        self.daemon.start()
        self.daemon.stop()
        state = self.daemon.directory / 'state/xmppft'
        kept = (state / 'jobs.db').read_bytes()
        for name in ('jobs.db-wal', 'jobs.db.bak', 'jobs.mark', 'jobs.db'):
            path = state / name
            for make in (path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to('elsewhere')):
                path.unlink(missing_ok=True)
                make()
                done = subprocess.run([self.daemon.daemon_path], env=self.daemon.env, text=True, timeout=30,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, BAD_CONFIG, done.stdout)
                self.assertIn(f'{path} is not a regular file; move it away', done.stdout)
                if name != 'jobs.db':
                    self.assertEqual((state / 'jobs.db').read_bytes(), kept)
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.daemon.start()
        self.assertIn('no accounts', self.daemon.ctl('status'))

    def test_a_journal_that_ends_early(self):
        """Ids 1 to 20 were told; then kill -9, and what a bad disk makes of the journal."""
        state = self.daemon.directory / 'state/xmppft'
        self.daemon.start()
        self.daemon.run('account', 'add', 'eve@example.test', '--server', '127.0.0.1:1', '--password-stdin',
                        '--store', 'file', stdin='x\n')
        file = self.folder / 'file.txt'
        file.write_text('content')
        for job in range(1, 21):
            self.assertEqual(self.daemon.send(file, 'bob@example.test'), job)
        self.daemon.kill()
        for damage in ('a bit of the log', 'no log', 'empty'):
            with self.subTest(damage):
                log = state / 'jobs.db-wal'
                if damage == 'a bit of the log':
                    content = bytearray(log.read_bytes())
                    content[len(content) // 3] ^= 8
                    log.write_bytes(content)
                elif damage == 'no log':
                    log.unlink()
                else:
                    (state / 'jobs.db').write_bytes(b'')
                self.daemon.start()
                said = self.daemon.json('status')['daemon']
                self.assertEqual((said['degraded'], said['problems']), (True, ['jobs-lost']))
                self.assertIn('The original is kept as', self.daemon.child.log.read_text())
                self.assertTrue(list(state.glob('jobs.db.bad-*')))
                newest = max([20, *(job['id'] for job in self.daemon.jobs())])
                self.assertGreater(self.daemon.send(file, 'bob@example.test'), newest)
                self.daemon.kill()
        self.daemon.start()
        self.assertTrue(self.daemon.json('status')['daemon']['degraded'], 'no kill hides it')
        self.daemon.stop()
        self.daemon.start()
        self.assertFalse(self.daemon.json('status')['daemon']['degraded'])

    def test_folders_that_others_can_enter(self):
        config = self.daemon.directory / 'config/xmppft'
        self.daemon.start()
        self.daemon.run('account', 'add', 'eve@example.test', '--server', '127.0.0.1:1',
                        '--password-stdin', '--store', 'file', stdin='x\n')
        self.daemon.stop()
        for mode in (0o755, 0o750, 0o777):
            for folder in (config, config / 'accounts.d'):
                folder.chmod(mode)
            self.daemon.start()
            for folder in (config, config / 'accounts.d'):
                self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
                wait_for('it is told', lambda: f'{folder} was open to other users' in
                         self.daemon.child.log.read_text())
            self.daemon.stop()
            self.daemon.child.log.write_text('')


if __name__ == '__main__':
    unittest.main()
