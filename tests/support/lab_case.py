# SPDX-License-Identifier: MIT
"""What every integration test stands on: one lab per test class, and a check of it at the end."""

import os
import re
import unittest

from lab import Lab, build_directory, sha256

FULL = 'XMPPFT_FULL' in os.environ
SANITIZED = 'XMPPFT_SANITIZED' in os.environ

# What a sanitizer prints into the daemon's log when it has found something.
REPORT = re.compile(r'.*(?:ERROR: (?:Address|Leak)Sanitizer|runtime error:).*')


class LabCase(unittest.TestCase):
    """Daemons of ann and bob, online, each other's contact. Bob takes what ann sends."""

    server = 'prosody'
    lab_options = {}
    untrue = None  # a report with these words is none: a file that sets it says why
    lab = None

    @classmethod
    def setUpClass(cls):
        needed = [build_directory() / name for name in ('daemon/xmppftd', 'client/xmppftctl')]
        if missing := [path.name for path in needed if not path.exists()]:
            raise unittest.SkipTest(f'{" and ".join(missing)} not built')
        cls.lab = cls.make_lab().__enter__()
        cls.addClassCleanup(cls.end_lab)
        cls.prepare()

    @classmethod
    def make_lab(cls):
        return Lab(cls.server, **cls.lab_options)

    @classmethod
    def prepare(cls):
        cls.lab.accept_from('bob', 'ann')

    @classmethod
    def end_lab(cls):
        codes = cls.lab.teardown()
        reports = [line for path in cls.lab.directory.glob('*/daemon.log')
                   for line in path.read_text(errors='replace').splitlines()
                   if REPORT.match(line) and not (cls.untrue and cls.untrue in line)]
        bad = {user: code for user, code in codes.items() if code not in (0, None)}
        logs = cls.lab.logs() if bad or reports else ''
        cls.lab.remove()
        if bad or reports:
            raise AssertionError(f'daemons ended with {bad}; {reports}\n{logs}')

    def assert_delivered(self, job, source, folder=None):
        """The job is done, the file is there under its name, whole, and nothing else is left."""
        self.assertEqual(job['state'], 'done', job)
        arrived = (folder or self.lab.bob.downloads) / source.name
        self.assertTrue(arrived.exists(), f'{arrived} is missing; {self.listing(arrived.parent)}')
        self.assertEqual(sha256(arrived), sha256(source))
        self.assertEqual(self.parts(arrived.parent), [])
        return arrived

    @staticmethod
    def listing(folder):
        return sorted(path.name for path in folder.iterdir())

    @staticmethod
    def parts(folder):
        return sorted(path.name for path in folder.glob('.*.part'))
