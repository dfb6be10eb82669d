# SPDX-License-Identifier: MIT
"""Builds, runs the suites and counts. tests/run calls it in a clean environment."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from process import ROOT

SUITES = ('lint', 'unit', 'scenario', 'integration', 'field', 'interop', 'fault', 'fuzz')
# What must be built for one suite alone: clang-tidy needs the headers that are generated, and no program.
TARGETS = {('lint',): ['dbus_headers'], ('fault',): ['daemon/xmppftd', 'client/xmppftctl', 'tests/support/fake_clock.so']}
# Begun first, so that the others fill up the time that they take.
LONGEST = ('matrix_test.py', 'login_test.py', 'transfers_test.py', 'hostile_peer_test.py')


def build_directory(sanitize):
    root = os.environ.get('XMPPFT_BUILD_ROOT')
    if not root:
        # A clone that we may only read is built in the cache.
        cache = os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache'))
        root = ROOT if os.access(ROOT, os.W_OK) else os.path.join(cache, 'xmppft')
    return pathlib.Path(root) / ('build-sanitize' if sanitize else 'build-test')


def build(directory, sanitize, targets):
    if not (directory / 'build.ninja').exists():
        options = ['-Dwerror=true']
        if sanitize:  # under which gcc's warnings are less sure
            options = ['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Doptimization=1',
                       # As a library UBSan heeds no log_path beside ASan.
                       '-Dcpp_link_args=-static-libasan -static-libubsan']
        subprocess.run(['meson', 'setup', *options, directory, ROOT], check=True,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', directory, *targets], check=True, stdin=subprocess.DEVNULL)


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
                    '--print-errorlogs', '-t', '12' if slow else '6'], stdin=subprocess.DEVNULL)
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


def watch_with_sanitizers(reports):
    """What any program finds is written into this folder, whoever reads its output."""
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    # No program of ours ends with this code, so no test takes it for the refusal that it awaits.
    common = f'log_path={reports}/report:log_exe_name=1:exitcode=99'
    os.environ['XMPPFT_SANITIZED'] = '1'
    os.environ['ASAN_OPTIONS'] = f'{common}:detect_leaks=1:detect_stack_use_after_return=1'
    os.environ['UBSAN_OPTIONS'] = f'{common}:print_stacktrace=1:halt_on_error=1'


def end_watch(reports, tally):
    """Counts what was found. The targets of fuzz that come after it tell it by themselves."""
    del os.environ['ASAN_OPTIONS'], os.environ['UBSAN_OPTIONS']
    for report in sorted(reports.iterdir()):
        print(f'FAIL  {report.name}\n{report.read_text(errors="replace")}', flush=True)
        tally.failed += 1


def run_file(path, word):
    """Runs one file of Python tests in a process of its own and tells its tests as they end.

    Returns [passed, failed, skipped]; a process that ends without a count has failed once."""
    command = [sys.executable, '-B', ROOT / 'tests/support/run_file.py', path, word]
    counts = None
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace') as process:
        for line in process.stdout:
            try:
                story = json.loads(line)
            except ValueError:
                story = line.rstrip()  # what a test or Python itself printed
            if isinstance(story, list):
                counts = story
            else:
                print(story, flush=True)
    if counts is None:
        print(f'FAIL  {path.name} ended with {process.returncode} before its tests did', flush=True)
    return counts or [0, 1, 0]


def run_python(suites, tally, word, jobs):
    """Runs the files of these suites, `jobs` at a time: most of a test's time is waiting."""
    files = [path for suite in suites
             for path in sorted((ROOT / 'tests' / suite).glob('*_test.py'))]
    files.sort(key=lambda path: path.name not in LONGEST)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for passed, failed, skipped in pool.map(lambda path: run_file(path, word), files):
            tally.passed += passed
            tally.failed += failed
            tally.skipped += skipped


def main():
    parser = argparse.ArgumentParser(prog='tests/run')
    parser.add_argument('--sanitize', action='store_true')
    parser.add_argument('--full', action='store_true')
    parser.add_argument('-j', dest='jobs', type=int, default=os.cpu_count())
    parser.add_argument('-k', dest='word', default='')
    parser.add_argument('--seed')
    parser.add_argument('--count', type=int)
    parser.add_argument('suites', nargs='*', metavar='suite', help=' '.join(SUITES))
    args = parser.parse_args()
    if unknown := set(args.suites) - set(SUITES):
        parser.error(f'no such suite: {", ".join(sorted(unknown))}')
    # The lints read sources, to which sanitizers change nothing.
    suites = args.suites or [suite for suite in SUITES if suite != 'lint' or not args.sanitize]

    directory = build_directory(args.sanitize)
    os.environ['XMPPFT_BUILD'] = str(directory)
    if args.full:
        os.environ['XMPPFT_FULL'] = '1'
    if args.seed:
        os.environ['XMPPFT_SEED'] = args.seed
    if args.count:
        os.environ['XMPPFT_COUNT'] = str(args.count)
    build(directory, args.sanitize, TARGETS.get(tuple(suites), []))
    reports = directory / 'reports'
    if args.sanitize:  # once it is built: a compiler leaks as it likes
        watch_with_sanitizers(reports)

    tally = Tally()
    if 'lint' in suites:  # alone: clang-tidy takes every core
        run_python(['lint'], tally, args.word, 1)
    for suite in ('unit', 'scenario'):
        if suite in suites:
            run_meson(suite, directory, tally, args.sanitize)
    run_python([suite for suite in ('interop', 'fault', 'integration', 'field') if suite in suites], tally,
               args.word, args.jobs)
    if args.sanitize:
        end_watch(reports, tally)
    if 'fuzz' in suites:  # alone: it compiles
        run_python(['fuzz'], tally, args.word, 1)
    print(tally)
    sys.exit(1 if tally.failed else 0)


main()
