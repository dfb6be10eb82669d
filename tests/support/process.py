# SPDX-License-Identifier: MIT
"""Children that never outlive us, and the few facts of /proc that tests ask for."""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Timeout(AssertionError):
    """Something awaited did not come."""


class Invalid(AssertionError):
    """The fault that a test is about did not come about, so the test has shown nothing."""


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One child process, ended by its pid. `keep` lets it outlive us (quickstart --keep)."""

    def __init__(self, argv, log, env=None, keep=False, pass_fds=(), stdin=subprocess.DEVNULL):
        self.argv = [str(arg) for arg in argv]
        self.log = pathlib.Path(log)
        with open(self.log, 'ab') as out:
            self.process = subprocess.Popen(
                self.argv, env=env, stdin=stdin, stdout=out, stderr=out,
                start_new_session=True, preexec_fn=None if keep else _die_with_parent,
                pass_fds=pass_fds)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def stop(self, timeout=20):
        """Asks to end (SIGTERM), insists after `timeout` seconds. Returns the exit code."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def kill(self):
        """SIGKILL, as a crash or a power cut would."""
        if self.running():
            self.process.kill()
        return self.process.wait()

    def tail(self, lines=20):
        return '\n'.join(self.log.read_text(errors='replace').splitlines()[-lines:])


def status_kib(pid, field):
    """A field of /proc/PID/status in KiB, such as VmRSS or VmHWM (its peak)."""
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith(field + ':'):
            return int(line.split()[1])
    raise KeyError(field)


def cpu_seconds(pid):
    """User plus system time of all threads so far."""
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def free_port():
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(what, condition, timeout=20, every=0.02):
    """Polls `condition` until it is true and returns what it gave."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f'{what}: not within {timeout} s')
        time.sleep(every)


def listening(port, host='127.0.0.1'):
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
