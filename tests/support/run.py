# SPDX-License-Identifier: MIT
"""Builds, runs the suites and counts. tests/run calls it in a clean environment."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from process import ROOT

SUITES = ('unit', 'scenario', 'integration', 'field', 'interop', 'fuzz')


def build_directory(sanitize):
    root = os.environ.get('XMPPFT_BUILD_ROOT')
    if not root:
        # A clone that we may only read is built in the cache.
        cache = os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache'))
        root = ROOT if os.access(ROOT, os.W_OK) else os.path.join(cache, 'xmppft')
    return pathlib.Path(root) / ('build-sanitize' if sanitize else 'build-test')


def build(directory, sanitize):
    if not (directory / 'build.ninja').exists():
        options = []
        if sanitize:
            options += ['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Doptimization=1']
        subprocess.run(['meson', 'setup', *options, directory, ROOT], check=True,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', directory], check=True, stdin=subprocess.DEVNULL)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def run_meson(suite, directory, tally, slow):
    """Runs one meson suite. Counts Catch2 test cases, or programs that are not Catch2's."""
    listed = json.loads(subprocess.check_output(['meson', 'introspect', '--tests', directory]))
    if not any(name.split(':')[-1] == suite for test in listed for name in test['suite']):
        return
    subprocess.run(['meson', 'test', '-C', directory, '--no-rebuild', '--suite', suite,
                    '--print-errorlogs', '-t', '6' if slow else '2'], stdin=subprocess.DEVNULL)
    for line in (directory / 'meson-logs/testlog.json').read_text().splitlines():
        test = json.loads(line)
        count_program(test, tally)


def count_program(test, tally):
    output = test.get('stdout', '')
    if test['result'] == 'SKIP':
        tally.skipped += 1
    elif match := re.search(r'All tests passed \(.* in (\d+) test case', output):
        tally.passed += int(match[1])
        tally.failed += test['result'] != 'OK'
    elif match := re.search(r'test cases: +(\d+) \|(?: +(\d+) passed \|)? +(\d+) failed', output):
        tally.passed += int(match[2] or 0)
        tally.failed += int(match[3])
    else:
        tally.passed += test['result'] == 'OK'
        tally.failed += test['result'] != 'OK'


class Narrator(unittest.TestResult):
    """One line per test as it ends; for a failure also the ends of the lab's logs."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def _say(self, word, test, detail=''):
        seconds = time.monotonic() - getattr(self, 'started', time.monotonic())
        name = '.'.join(test.id().split('.')[-3:])
        print(f'{word:5} {name} {seconds:.1f} s{detail}', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._say('ok', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say('SKIP', test, ': ' + reason)

    def _failed(self, test, error):
        lab = getattr(test, 'lab', None)
        logs = '\n' + lab.logs() if lab else ''
        self._say('FAIL', test, '\n' + self._exc_info_to_string(error, test) + logs)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)


def keep_matching(suite, word):
    kept = unittest.TestSuite()
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            kept.addTest(keep_matching(item, word))
        elif word in item.id():
            kept.addTest(item)
    return kept


def run_python(name, tally, word):
    loader = unittest.TestLoader()
    folder = ROOT / 'tests' / name
    if not folder.is_dir():
        return
    suite = loader.discover(str(folder), pattern='*_test.py', top_level_dir=str(folder))
    result = Narrator()
    keep_matching(suite, word).run(result)
    bad = len(result.failures) + len(result.errors)
    tally.failed += bad
    tally.skipped += len(result.skipped)
    tally.passed += max(0, result.testsRun - bad - len(result.skipped))


def main():
    parser = argparse.ArgumentParser(prog='tests/run')
    parser.add_argument('--sanitize', action='store_true')
    parser.add_argument('--full', action='store_true')
    parser.add_argument('-k', dest='word', default='')
    parser.add_argument('suites', nargs='*', metavar='suite', help=' '.join(SUITES))
    args = parser.parse_args()
    if unknown := set(args.suites) - set(SUITES):
        parser.error(f'no such suite: {", ".join(sorted(unknown))}')
    suites = args.suites or SUITES

    directory = build_directory(args.sanitize)
    os.environ['XMPPFT_BUILD'] = str(directory)
    if args.full:
        os.environ['XMPPFT_FULL'] = '1'
    if args.sanitize:
        os.environ['XMPPFT_SANITIZED'] = '1'
        os.environ['ASAN_OPTIONS'] = 'detect_leaks=1:detect_stack_use_after_return=1'
        os.environ['UBSAN_OPTIONS'] = 'print_stacktrace=1:halt_on_error=1'
    build(directory, args.sanitize)

    tally = Tally()
    for suite in ('unit', 'scenario'):
        if suite in suites:
            run_meson(suite, directory, tally, args.sanitize)
    for suite in ('integration', 'field', 'interop', 'fuzz'):
        if suite in suites:
            run_python(suite, tally, args.word)
    print(tally)
    sys.exit(1 if tally.failed else 0)


main()
