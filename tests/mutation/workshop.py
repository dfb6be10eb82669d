# SPDX-License-Identifier: MIT
"""A copy of the tree with a build directory of its own, in which one file at a time is changed."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
# The folder's own tests first: what they find is found where it belongs. Then those above that use it.
TESTS = {
    'protocol': ['unit/protocol/protocol_test', 'unit/transport/transport_test'],
    'transport': ['unit/transport/transport_test'],
    'negotiation': ['unit/negotiation/negotiation_test'],
    'transfer': ['unit/transfer/transfer_test'],
}
PLAYS = ['scenario/scenario_test', 'scenario/peers/peers_test']


class Workshop:
    def __init__(self, root, folders):
        self.tree, self.build = root / 'tree', root / 'build'
        self.folders = folders
        self.patience = {}  # seconds, by test
        self.slow = {}  # what leaves out the cases that take seconds, by test
        self.env = dict(os.environ, CXX='ccache clang++', CXX_LD='lld')

    def prepare(self):
        """Brings the copy up to date and builds all tests that will be asked."""
        names = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                               cwd=TOP, check=True, capture_output=True, text=True).stdout
        tree = {}
        for name in filter(None, names.split('\0')):
            if (TOP / name).is_file():
                tree[name] = (TOP / name).read_bytes()
        for folder in TESTS:
            self._split(tree, folder)
        for name, content in tree.items():
            self._write(name, content)
        if not (self.build / 'build.ninja').exists():
            options = ['buildtype=plain', 'optimization=0', 'debug=false', 'warning_level=0',
                       'cpp_args=-g0 -D_GLIBCXX_ASSERTIONS']
            subprocess.run(['meson', 'setup', self.build, self.tree, *('-D' + option for option in options)],
                           env=self.env, check=True)
        tests = sorted({test for folder in self.folders for test in self.tests_of(folder)})
        subprocess.run(['ninja', '-j1', '-C', self.build, *tests], env=self.env, check=True)
        for test in tests:
            began = time.monotonic()
            ran = self._run(test, '--durations', 'yes')
            if ran.returncode:
                sys.exit(f'{test} fails without a change; mend it first')
            self.patience[test] = 10 + 5 * (time.monotonic() - began)
            slow = re.findall(r'^(?:[2-9]|\d\d+)\.\d+ s: (.*)$', ran.stdout.decode(), re.MULTILINE)
            self.slow[test] = ['~' + re.sub(r'([\\,\[\]])', r'\\\1', name) for name in set(slow)]

    @staticmethod
    def tests_of(folder):
        return ['tests/' + test for test in TESTS[folder] + PLAYS]

    def judge(self, folder, name, changed):
        """What became of one change: the name of the program that saw it, or a word."""
        path = self.tree / name
        kept = path.read_bytes()
        try:
            path.write_text(changed)
            for test in self.tests_of(folder):
                end = self._try(test)
                if end:
                    return end
            return 'survived'
        finally:
            path.write_bytes(kept)

    def _try(self, test):
        # What is compiled here is compiled once; ccache would only look for it.
        built = subprocess.run(['ninja', '-j1', '-C', self.build, test],
                               env=dict(self.env, CCACHE_DISABLE='1'), capture_output=True, text=True)
        if built.returncode:
            return 'does not compile' if 'error:' in built.stdout else 'does not link'
        try:
            ran = self._run(test, *self.slow[test])
            if self.slow[test] and ran.returncode == 0:
                ran = self._run(test)
        except subprocess.TimeoutExpired:
            return 'killed by timeout'
        return 'killed by ' + test.rsplit('/', 1)[1] if ran.returncode else None

    def _run(self, test, *options):
        # A change may make a loop endless: it ends by the clock, or where it has eaten this much.
        def poor():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        return subprocess.run([self.build / test, '--abort', *options], timeout=self.patience.get(test), cwd=self.build,
                              capture_output=True, preexec_fn=poor)

    @staticmethod
    def _split(tree, folder):
        """One file of the folder is compiled alone, after a precompiled header of all that its files include."""
        place = f'daemon/{folder}/'
        lines = {line for path in (TOP / place).glob('*.cpp') for line in path.read_text().splitlines()
                 if line.startswith('#include')}
        tree[place + 'pch/all.h'] = '\n'.join(['#pragma once', *sorted(lines), '']).encode()
        recipe = tree[place + 'meson.build'].decode()
        alone = "cpp_pch: 'pch/all.h', override_options: ['unity=off'], include_directories:"
        tree[place + 'meson.build'] = recipe.replace('include_directories:', alone, 1).encode()

    def _write(self, name, content):
        path = self.tree / name
        if path.exists() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if (TOP / name).exists():
            path.chmod((TOP / name).stat().st_mode)
