# SPDX-License-Identifier: MIT
"""A command whose output goes nowhere, whose reader leaves, or that is interrupted at a prompt."""

import fcntl
import os
import pathlib
import pty
import select
import signal
import socket
import subprocess
import tempfile
import termios
import time
import unittest

from daemons import Daemon
from lab import build_directory
from process import wait_for

INTERRUPTED, TIMED_OUT, NO_DAEMON = 130, 124, 5
PROMPT = b'Password for '


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (build_directory() / 'daemon/xmppftd').exists():
            raise unittest.SkipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-lab.')
        cls.addClassCleanup(folder.cleanup)
        cls.daemon = Daemon(pathlib.Path(folder.name) / 'ann', build_directory())
        cls.addClassCleanup(cls.daemon.teardown)
        cls.daemon.start()

    def shell(self, redirections, *args, **kwargs):
        """xmppftctl ARGS with the shell's REDIRECTIONS."""
        kwargs.setdefault('stdout', subprocess.DEVNULL)
        return subprocess.run(['sh', '-c', f'exec "$0" "$@" {redirections}', self.daemon.ctl_path, *args],
                              env=self.daemon.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, timeout=30, **kwargs)

    # --- answers that cannot be written ---

    ANSWERS = (['status'], ['--json', 'status'], ['--plain', 'status'], ['help'], ['help', 'send'],
               ['send', '--help'], ['--version'], ['--json', 'queue', 'list'], ['queue', 'list'],
               ['account', 'list'], ['--json', 'queue', 'show', '99'])

    def refused(self, done, why):
        self.assertNotEqual(done.returncode, 0, done.args)
        self.assertIn(f'cannot write to standard output: {why}', done.stderr, done.args)

    def test_full_disk(self):
        for args in self.ANSWERS[:-1]:
            self.refused(self.shell('>/dev/full', *args), 'No space left on device')
        # An error that cannot be told on standard output is told beside it, with its own code.
        done = self.shell('>/dev/full', *self.ANSWERS[-1])
        self.assertEqual(done.returncode, 3)
        self.assertIn('no job 99', done.stderr)

    def test_closed_output(self):
        for args in self.ANSWERS[:-1]:
            self.refused(self.shell('>&-', *args), 'Bad file descriptor')

    def test_reader_that_left(self):
        for args in self.ANSWERS[:-1]:
            reading, writing = os.pipe()
            os.close(reading)
            with os.fdopen(writing, 'w') as out:
                self.refused(self.shell('', *args, stdout=out), 'Broken pipe')

    def test_any_standard_descriptor_may_be_closed(self):
        for closed in range(8):
            with self.subTest(closed=f'{closed:03b}'):
                redirections = ' '.join(f'{fd}>&-' for fd in range(3) if closed & 1 << fd)
                done = self.shell(redirections, 'status')
                self.assertEqual(done.returncode, 1 if closed & 2 else 0, done.stderr)
        done = self.shell('<&-', 'account', 'passwd', '--password-stdin')
        self.assertNotEqual(done.returncode, 0)

    # --- a watcher that nobody watches ---

    def assert_ends(self, process, seconds=10):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail('it lives on though nobody reads')

    def test_watch_ends_with_its_reader(self):
        """Nothing happens in the queue, so nothing is written that could fail."""
        for form in ([], ['--json'], ['--plain']):
            for kind in ('pipe', 'socket'):
                with self.subTest(form=form, kind=kind):
                    ends = [end.detach() for end in socket.socketpair()] if kind == 'socket' else os.pipe()
                    reading, writing = ends
                    watch = subprocess.Popen([self.daemon.ctl_path, *form, 'queue', 'watch'], stdout=writing,
                                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                             env=self.daemon.env, text=True)
                    os.close(writing)
                    time.sleep(0.3)   # it has begun to wait; earlier is right too
                    self.assertIsNone(watch.poll())
                    os.close(reading)
                    self.assertEqual(self.assert_ends(watch), 1)
                    self.assertIn('Broken pipe', watch.stderr.read())
                    watch.stderr.close()

    # --- exit codes that nothing else shows ---

    def test_timeout_of_a_daemon_that_hangs(self):
        self.daemon.child.process.send_signal(signal.SIGSTOP)
        try:
            done = self.shell('>/dev/null', '--timeout', '1s', 'status')
        finally:
            self.daemon.child.process.send_signal(signal.SIGCONT)
        self.assertEqual(done.returncode, TIMED_OUT, done.stderr)

    def test_interrupted(self):
        watch = subprocess.Popen([self.daemon.ctl_path, 'queue', 'watch'], env=self.daemon.env,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.3)
        watch.send_signal(signal.SIGINT)
        self.assertEqual(self.assert_ends(watch), INTERRUPTED)
        watch.stdout.close()
        watch.stderr.close()

    def test_bus_that_cannot_start_the_daemon(self):
        """The hint follows from how the daemon ended, and never starts a second one."""
        with tempfile.TemporaryDirectory(prefix='xmppft-bus.') as folder:
            for code, hint in ((73, 'runs on another bus'), (78, 'xmppftd --check')):
                (pathlib.Path(folder) / 'org.xmppft.Daemon1.service').write_text(
                    f'[D-BUS Service]\nName=org.xmppft.Daemon1\nExec=/bin/sh -c "exit {code}"\n')
                bus = Daemon(pathlib.Path(folder) / str(code), build_directory())
                self.addCleanup(bus.teardown)
                bus.start_bus(f'<servicedir>{folder}</servicedir>')
                done = bus.run('status')
                self.assertEqual(done.returncode, NO_DAEMON, done.stderr)
                self.assertIn(hint, done.stderr)

    # --- the password prompt ---

    def test_signal_at_the_prompt(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(signal=number.name), Terminal(self.daemon) as terminal:
                terminal.await_prompt()
                terminal.signal(number)
                status, echo = terminal.ended()
                self.assertTrue(echo, 'the echo is back')
                ended_by = (os.WEXITSTATUS(status) == INTERRUPTED if number == signal.SIGINT
                            else os.WIFSIGNALED(status) and os.WTERMSIG(status) == number)
                self.assertTrue(ended_by, status)

    def test_key_that_interrupts(self):
        with Terminal(self.daemon) as terminal:
            terminal.await_prompt()
            terminal.type(b'hal\x03')
            status, echo = terminal.ended()
            self.assertEqual(os.WEXITSTATUS(status), INTERRUPTED)
            self.assertTrue(echo)

    def test_stopped_and_taken_up_again(self):
        with Terminal(self.daemon) as terminal:
            terminal.await_prompt()
            for _ in range(3):
                terminal.type(b'half\x1a')
                self.assertEqual(terminal.report(), 'stopped echo')
                terminal.foreground()
                terminal.await_prompt()
            terminal.type(b'secret\n')
            status, echo = terminal.ended()
            self.assertTrue(echo)
            self.assertEqual(os.WEXITSTATUS(status), 6, 'the server that is not there was asked')
        self.daemon.ctl('account', 'remove', '--yes', 'eve@example.test')


class Terminal:
    """xmppftctl at its prompt, on a terminal with a shell that knows no more than job control."""

    def __init__(self, daemon):
        reports, self.to_us = os.pipe()
        self.from_us, commands = os.pipe()
        self.reports, self.commands = os.fdopen(reports), os.fdopen(commands, 'wb', 0)
        argv = [str(daemon.ctl_path), 'account', 'add', 'eve@example.test', '--server', '127.0.0.1:1']
        self.shell, self.master = pty.fork()
        if self.shell == 0:
            try:
                self._be_shell(argv, daemon.env)
            finally:
                os._exit(1)
        os.close(self.to_us)
        os.close(self.from_us)
        self.child = int(self.reports.readline())

    def _be_shell(self, argv, env):
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(ready, 1)
            for number in (signal.SIGTTOU, signal.SIGTSTP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                           signal.SIGQUIT):   # whatever who runs the tests ignores
                signal.signal(number, signal.SIG_DFL)
            os.closerange(3, 256)
            os.execve(argv[0], argv, env)
        os.setpgid(child, child)
        os.tcsetpgrp(0, child)
        os.close(go)
        os.write(self.to_us, b'%d\n' % child)
        while True:
            _, status = os.waitpid(child, os.WUNTRACED)
            os.tcsetpgrp(0, os.getpgrp())
            echo = 'echo' if termios.tcgetattr(0)[3] & termios.ECHO else 'silent'
            if not os.WIFSTOPPED(status):
                os.write(self.to_us, f'{status} {echo}\n'.encode())
                os.read(self.from_us, 1)
                os._exit(0)
            os.write(self.to_us, f'stopped {echo}\n'.encode())
            os.read(self.from_us, 1)
            os.tcsetpgrp(0, child)
            os.killpg(child, signal.SIGCONT)

    def await_prompt(self):
        """Reads on until the prompt has come and keys are no longer shown."""
        fcntl.fcntl(self.master, fcntl.F_SETFL, os.O_NONBLOCK)
        seen = b''

        def came():
            nonlocal seen
            try:
                seen += os.read(self.master, 4096)
            except BlockingIOError:
                pass
            return PROMPT in seen
        wait_for('the prompt', came)
        assert not termios.tcgetattr(self.master)[3] & termios.ECHO, 'the echo is off'

    def type(self, keys):
        os.write(self.master, keys)

    def signal(self, number):
        os.kill(self.child, number)

    def foreground(self):
        self.commands.write(b'f')

    def report(self):
        assert select.select([self.reports], [], [], 30)[0], 'nothing came of it in 30 s'
        return self.reports.readline().strip()

    def ended(self):
        status, echo = self.report().split()
        return int(status), echo == 'echo'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in (self.child, self.shell):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(self.shell, 0)
        self.reports.close()
        self.commands.close()
        os.close(self.master)


if __name__ == '__main__':
    unittest.main()
