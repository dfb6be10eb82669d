# SPDX-License-Identifier: MIT
"""A disk whose power can be cut: ext4 in a file, of which nothing that was not synced is left afterwards."""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import unittest

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


class CutDisk:
    """Mounted at `directory`/disk while it is open; SkipTest where that cannot be."""

    def __init__(self, directory, megabytes=512):
        self.path = pathlib.Path(directory) / 'disk'
        self.image = pathlib.Path(directory) / 'disk.image'
        self.megabytes = megabytes

    def open(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest('mounting needs root')
        if missing := [name for name in ('mkfs.ext4', 'e2fsck', 'losetup') if not shutil.which(name)]:
            raise unittest.SkipTest(f'{", ".join(missing)} not installed (e2fsprogs, mount)')
        self.path.mkdir()
        with open(self.image, 'wb') as image:
            image.truncate(self.megabytes << 20)
        subprocess.run(['mkfs.ext4', '-q', self.image], check=True)
        self.mount()
        return self

    def mount(self):
        done = subprocess.run(['mount', '-o', 'loop', self.image, self.path], text=True, capture_output=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f'no ext4 here: {done.stderr.strip()}')

    def cut(self):
        """The power goes. Whoever has files open there must be dead; then it can be mounted again."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack('I', NO_LOG_FLUSH))
        except OSError as error:
            raise unittest.SkipTest(f'this kernel cannot cut an ext4: {error}') from None
        finally:
            os.close(folder)

    def unmount(self):
        subprocess.run(['umount', self.path], check=True)

    def is_clean(self):
        """What e2fsck says of it, unmounted."""
        return subprocess.run(['e2fsck', '-fn', self.image], capture_output=True).returncode == 0

    def close(self):
        subprocess.run(['umount', '-l', self.path], check=False, stderr=subprocess.DEVNULL)
