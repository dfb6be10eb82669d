# SPDX-License-Identifier: MIT
"""A disk of the kind that cameras and sticks have: exFAT in a file, served by a FUSE program that can be stopped."""

import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from process import Child, wait_for

# For Lab: the disk is smaller than what a transfer must leave free by default.
SMALL_DISK = {'config': {'disk': {'min_free': '1Mi'}}}


class ExfatDisk:
    """Mounted at `directory`/disk while it is open; SkipTest where that cannot be."""

    def __init__(self, directory, megabytes=64):
        self.directory = pathlib.Path(directory)
        self.path = self.directory / 'disk'
        self.image = self.directory / 'exfat.image'
        self.megabytes = megabytes
        self.server = self.loop = None

    def open(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest('mounting needs root')
        if missing := [name for name in ('mkfs.exfat', 'mount.exfat-fuse', 'losetup')
                       if not shutil.which(name)]:
            raise unittest.SkipTest(f'{", ".join(missing)} not installed (exfatprogs, exfat-fuse)')
        self.path.mkdir(exist_ok=True)
        with open(self.image, 'wb') as image:
            image.truncate(self.megabytes << 20)
        subprocess.run(['mkfs.exfat', self.image], check=True, stdout=subprocess.DEVNULL)
        found = subprocess.run(['losetup', '-f', '--show', self.image], text=True, capture_output=True)
        if found.returncode != 0:
            raise unittest.SkipTest(f'no loop device: {found.stderr.strip()}')
        self.loop = found.stdout.strip()
        self.mount()
        return self

    def mount(self):
        log = self.directory / 'exfat.log'
        self.server = Child(['mount.exfat-fuse', '-d', '-o', 'umask=022', self.loop, self.path], log)
        try:
            wait_for('the exFAT disk', self.is_mounted)
        except AssertionError:
            self.close()
            raise unittest.SkipTest(f'mount.exfat-fuse: {self.server.tail(3)}') from None

    def is_mounted(self):
        if not self.server.running():
            raise AssertionError('mount.exfat-fuse ended')
        return os.path.ismount(self.path)

    def stop_answering(self):
        self.server.process.send_signal(signal.SIGSTOP)

    def answer(self):
        self.server.process.send_signal(signal.SIGCONT)

    def unmount(self, lazily=False):
        subprocess.run(['umount', *(['-l'] if lazily else []), self.path], check=False)

    def forget_cache(self):
        """What was read before is read from the disk again."""
        self.unmount()
        self.server.process.wait(20)
        self.mount()

    def close(self):
        if self.server:
            if self.server.running():
                self.answer()
                self.unmount(lazily=True)
                try:
                    self.server.process.wait(10)
                except subprocess.TimeoutExpired:
                    self.server.kill()
        if self.loop:
            subprocess.run(['losetup', '-d', self.loop], check=False)
