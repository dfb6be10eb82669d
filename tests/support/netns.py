# SPDX-License-Identifier: MIT
"""Network namespaces of our own, without name and process: this process holds them by descriptors, so
they are gone with it, however it ends. The host's own namespace is never touched."""

import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine does not let us make network namespaces; the text says why."""


def _checked(name, result):
    if result != 0:
        raise Unavailable(f'{name}: {os.strerror(ctypes.get_errno())}')


def ip(*words):
    done = subprocess.run(['ip', *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f'ip {" ".join(words)}: {done.stderr.strip()}')


class Host:
    """A network namespace. Inside `with host:` all that this thread opens or starts lives there."""

    def __init__(self):
        self.home = os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        self.fd = -1
        try:
            _checked('unshare', _libc.unshare(CLONE_NEWNET))
            self.fd = os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
            _checked('setns', _libc.setns(self.home, CLONE_NEWNET))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        _checked('setns', _libc.setns(self.fd, CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        _checked('setns', _libc.setns(self.home, CLONE_NEWNET))

    @property
    def path(self):
        """What `ip link set … netns` takes."""
        return f'/proc/{os.getpid()}/fd/{self.fd}'

    def close(self):
        for fd in (self.fd, self.home):
            if fd >= 0:
                os.close(fd)
        self.fd = self.home = -1
