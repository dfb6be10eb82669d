# SPDX-License-Identifier: MIT
"""System calls of a running daemon that fail, or at which it is killed: strace, attached to all its threads.

strace counts calls thread by thread: the k-th is that of whichever thread comes to its k-th first.
"""

import collections
import pathlib
import re
import shutil
import subprocess
import unittest

from process import Child, wait_for

CALL = re.compile(r'^(\d+) +(\w+)\(', re.M)


class Injection:
    """`what` is what strace's inject takes besides the call, such as 'error=EIO:when=3'; without it calls are recorded.
    `others`: other calls, each with what befalls it. `threads`: only those of this name, as they are now
    (daemon/doc/threads.md has the names)."""

    def __init__(self, daemon, calls, what='', log=None, threads=None, others=None):
        if not shutil.which('strace'):
            raise unittest.SkipTest('strace is not installed')
        self.daemon = daemon
        self.log = pathlib.Path(log or daemon.directory / 'strace')
        self.log.unlink(missing_ok=True)
        others = others or {}
        rules = [f'trace={",".join((*calls, *others))}', *(f'inject={call}:{fate}' for call, fate in others.items())]
        if what:
            rules.append(f'inject={",".join(calls)}:{what}')
        errors = daemon.directory / 'strace.log'
        errors.unlink(missing_ok=True)
        whom = ['-f', '-p', daemon.child.pid] if threads is None else self.named(threads)
        said = [word for rule in rules for word in ('-e', rule)]
        self.child = Child(['strace', '-o', self.log, *said, *whom], errors)
        try:
            wait_for('strace', lambda: 'attached' in errors.read_text() or not self.child.running())
            if not self.child.running():
                raise AssertionError(self.child.tail())
        except AssertionError as error:
            self.child.stop()
            raise unittest.SkipTest(f'strace may not attach here: {error}') from None

    def named(self, name):
        """Without -f, which takes all threads of the process that a thread belongs to."""
        tasks = pathlib.Path(f'/proc/{self.daemon.child.pid}/task')
        found = [path.parent.name for path in tasks.glob('*/comm') if path.read_text().strip() == name]
        return [word for thread in found for word in ('-p', thread)]

    def text(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def fired(self):
        """How many calls met their fate (one that its thread did not survive is not among them)."""
        return self.text().count('(INJECTED)') + self.text().count('(DELAYED)')

    def count(self):
        return len(CALL.findall(self.text()))

    def most_calls(self):
        """How often one thread made each call, the most of any."""
        counts = collections.Counter(CALL.findall(self.text()))
        most = {}
        for (_, call), count in counts.items():
            most[call] = max(most.get(call, 0), count)
        return most

    def end(self):
        self.child.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
