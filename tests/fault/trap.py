# SPDX-License-Identifier: MIT
"""Kills daemons when a certain byte passes, before one more does; never before all that was ordered is known."""

import threading

from process import Invalid


class Trap:
    """Set at a byte of `flow` (from now on). What is under way stands still at it until ordered() was called."""

    def __init__(self, flow, byte, *daemons, kills=True):
        self.flow, self.byte, self.daemons = flow, byte, daemons
        self._ordered, self.sprung = threading.Event(), threading.Event()
        flow.at(byte, self._kill if kills else self.sprung.set)

    def ordered(self):
        self._ordered.set()

    def _kill(self):
        self._ordered.wait(60)
        self.kill()
        self.sprung.set()

    def kill(self):
        for daemon in self.daemons:
            daemon.child.process.kill()

    def wait(self, timeout=120):
        """Until that byte has passed."""
        if not self.sprung.wait(timeout):
            self.flow.forget()
            raise Invalid(f'byte {self.byte} never passed')

    def reap(self):
        """Waits for the end of those that were killed."""
        for daemon in self.daemons:
            if (code := daemon.child.process.wait(20)) != -9:
                raise Invalid(f'{daemon.directory.name} was not killed but ended with {code}')
