# SPDX-License-Identifier: MIT
"""A disk of a few MiB that a test may fill: a tmpfs, mounted over a folder that is there."""

import os
import subprocess
import unittest


class SmallDisk:
    def __init__(self, path, size, mode='0700'):
        if os.geteuid() != 0:
            raise unittest.SkipTest('mounting needs root')
        self.path = path
        self.size = size
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size},mode={mode}', 'none', path], text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f'no tmpfs here: {done.stderr.strip()}')

    def free(self):
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave=0):
        """All but so many bytes. Returns the file that does it."""
        hog = self.path / 'hog'
        with open(hog, 'ab') as out:
            while self.free() > leave:
                os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), self.free() - leave)
        return hog

    def remount(self, options):
        subprocess.run(['mount', '-o', f'remount,{options}', self.path], check=True)

    def close(self):
        subprocess.run(['umount', '-l', self.path], check=False, stderr=subprocess.DEVNULL)
