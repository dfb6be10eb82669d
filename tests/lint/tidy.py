#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy 14 over the daemon and the client, as the build compiles them: eight files are one unit, so
what they include is read once and not six times. Findings in all files of the project count.

    tidy.py BUILD [WORD]    # only the units whose path holds WORD
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

import tree

FINDING = re.compile(r'^(\S+?):(\d+):\d+: (?:warning|error): (.*)$', re.M)


def units(build):
    """The sources of the daemon and the client in the build's list of commands."""
    commands = json.loads((build / 'compile_commands.json').read_text())
    return [command['file'] for command in commands
            if re.match(r'(\.\./)?(daemon|client)/', command.get('output', command['file']))]


def look_at(build, root, unit):
    """The findings of one unit: {(path, line, what)}. A unit that clang cannot read is one."""
    # A unit includes its sources, which is no mistake. What gcc was told is not clang's to judge.
    done = subprocess.run(
        ['clang-tidy-14', '-p', build, '--quiet', f'--config-file={root}/.clang-tidy',
         '--checks=-bugprone-suspicious-include', '--header-filter=/(daemon|client)/',
         '--extra-arg=-Wno-error', '--extra-arg=-Wno-unknown-warning-option', unit],
        cwd=build, capture_output=True, text=True)
    found = set()
    for path, line, what in FINDING.findall(done.stdout):
        path = os.path.normpath(build / path)
        found.add((os.path.relpath(path, root), int(line), what))
    if done.returncode and not found:
        found.add((unit, 0, f'clang-tidy ended with {done.returncode}: {done.stderr[-500:]}'))
    return found


def findings(build, root, word=''):
    asked = [unit for unit in units(build) if word in unit]
    if not asked:
        yield f'{build}/compile_commands.json has no unit of the daemon or the client'
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = set().union(*pool.map(lambda unit: look_at(build, root, unit), asked))
    for path, line, what in sorted(found):
        yield f'{path}:{line}: {what}'


if __name__ == '__main__':
    bad = list(findings(pathlib.Path(sys.argv[1]).resolve(), tree.ROOT, *sys.argv[2:]))
    print('\n'.join(bad) or 'clang-tidy finds nothing')
    sys.exit(1 if bad else 0)
