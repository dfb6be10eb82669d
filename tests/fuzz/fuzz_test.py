# SPDX-License-Identifier: MIT
"""Each fuzz target for a few seconds: it builds, its seeds hold, and so does what is near them."""

import concurrent.futures
import os
import pathlib
import subprocess
import tempfile
import unittest

import fuzz

SECONDS = 3


class Fuzz(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if tool := fuzz.missing_tool():
            raise unittest.SkipTest(f'{tool} is missing')
        cls.directory = fuzz.build()
        cls.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        cls.addClassCleanup(cls.pool.shutdown, cancel_futures=True)
        cls.runs = {target: cls.pool.submit(cls.run_target, target) for target in fuzz.TARGETS}

    @classmethod
    def run_target(cls, target):
        # Always the same inputs: to find new ones is the work of tests/fuzz/run.
        with tempfile.TemporaryDirectory() as corpus:
            return fuzz.fuzz(cls.directory, target, SECONDS, pathlib.Path(corpus), ['-seed=1'],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors='replace', timeout=120)

    def find_nothing(self, target):
        done = self.runs[target].result()
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        self.assertRegex(done.stdout, r'stat::number_of_executed_units: +[1-9]')


def add_test(target):
    setattr(Fuzz, f'test_{target}', lambda self: self.find_nothing(target))


for name in fuzz.TARGETS:
    add_test(name)

if __name__ == '__main__':
    unittest.main()
