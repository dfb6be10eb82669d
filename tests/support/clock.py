# SPDX-License-Identifier: MIT
"""A clock for a daemon, by which hours pass in seconds: what sleeps in it, sleeps by it.

    clock = Clock(directory)
    Daemon(..., wrapper=clock.wrapper)
    clock.pass_by(24 * 3600)
"""

import mmap
import pathlib
import struct
import time

from lab import build_directory

TURNS, FIELDS = struct.Struct('<Q'), struct.Struct('<5q')   # Page of fake_clock.cpp
SECOND = 10**9


class Clock:
    """Runs with the machine's until it is told otherwise. All programs of one Clock have the same time."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / 'clock'
        with open(self.path, 'w+b') as file:
            file.truncate(mmap.PAGESIZE)
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        now = time.monotonic_ns()
        self.since, self.passed, self.rate = now, now, 1
        self.wall = time.time_ns() - now
        self.boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - now
        self.turns = 0
        self._turn()

    @property
    def wrapper(self):
        """The head of a command that is to run by this clock."""
        library = build_directory() / 'tests/support/fake_clock.so'
        assert library.exists(), f'{library} is not built: the machine\'s own clock would be tested'
        return ['env', f'LD_PRELOAD={library}', f'XMPPFT_TEST_CLOCK={self.path}']

    def _turn(self):
        TURNS.pack_into(self.page, 0, self.turns + 1)
        FIELDS.pack_into(self.page, TURNS.size, self.since, self.passed, self.rate, self.wall, self.boot)
        self.turns += 2
        TURNS.pack_into(self.page, 0, self.turns)

    def now(self):
        """Its CLOCK_MONOTONIC, in seconds."""
        return (self.passed + (time.monotonic_ns() - self.since) * self.rate) / SECOND

    def run(self, rate):
        """From now on so many seconds pass in one."""
        now = time.monotonic_ns()
        self.passed += (now - self.since) * self.rate
        self.since, self.rate = now, rate
        self._turn()

    def pass_by(self, seconds, rate=1000):
        """Lets that much time pass, at that rate, and then goes on as fast as the machine's."""
        self.run(rate)
        time.sleep(seconds / rate)
        self.run(1)

    def set_wall(self, seconds):
        """Somebody sets the time of day, by that much forward or (negative) back."""
        self.wall += round(seconds * SECOND)
        self._turn()
