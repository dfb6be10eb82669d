# SPDX-License-Identifier: MIT
"""Builds the fuzz targets with clang and runs them. See run."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from process import ROOT

HERE = ROOT / 'tests/fuzz'
LEAST = 90  # per cent of the lines of each of AIMS that the seeds of the target reach
# What each target is there to reach.
AIMS = {
    'bus_options': ['daemon/bus/' + name for name in (
        'accept_options.cpp', 'accept_rules.cpp', 'account_settings.cpp', 'file_uri.cpp',
        'job_selector.cpp', 'options.cpp', 'send_options.cpp')],
    'config': ['daemon/config/json_tree.cpp', 'daemon/config/keys.cpp', 'daemon/config/values.cpp'],
    'file_name': ['daemon/model/file_info.cpp', 'daemon/model/plain_name.cpp'],
    'ibb': ['daemon/protocol/ibb_flow.cpp', 'daemon/xep/xep0047_ibb.cpp'],
    'jid': ['daemon/model/idna.cpp', 'daemon/model/jid.cpp'],
    'numbers': ['daemon/base/bytes.cpp', 'daemon/xep/xep0082_date.cpp', 'client/parse.cpp',
                'client/selector.cpp'],
    'offer': [*('daemon/xep/' + name for name in (
        'element.cpp', 'parse.cpp', 'stanza.cpp', 'stanza_error.cpp', 'xep0004_data_form.cpp',
        'xep0096_si.cpp')), 'daemon/sqlite/job_columns.cpp', 'daemon/bus/job_fields.cpp'],
    'socks5': ['daemon/protocol/socks5.cpp'],
    'stream': ['daemon/strophe/' + name for name in (
        'down_reason.cpp', 'host.cpp', 'roster_reader.cpp', 'sasl.cpp', 'stanza_limiter.cpp',
        'stream_gate.cpp')],
}
TARGETS = sorted(AIMS)
SANITIZE = ['-Db_sanitize=address,undefined', '-Db_lundef=false']
COVERAGE = '-fprofile-instr-generate -fcoverage-mapping'


PROBE = b'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'


def missing_tool(coverage=False):
    """What has to be installed first, or None."""
    tools = ['clang++', *(['llvm-cov', 'llvm-profdata'] if coverage else [])]
    if tool := next((tool for tool in tools if not shutil.which(tool)), None):
        return tool
    with tempfile.TemporaryDirectory() as folder:
        linked = subprocess.run(['clang++', '-fsanitize=fuzzer,address,undefined', '-x', 'c++', '-',
                                 '-o', f'{folder}/probe'], input=PROBE, stderr=subprocess.DEVNULL)
    return None if linked.returncode == 0 else 'libclang-rt-dev'


def build_directory(coverage=False):
    root = os.environ.get('XMPPFT_BUILD_ROOT')
    if not root:
        cache = os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache'))
        root = ROOT if os.access(ROOT, os.W_OK) else os.path.join(cache, 'xmppft')
    return pathlib.Path(root) / ('build-fuzz-coverage' if coverage else 'build-fuzz')


def build(targets=TARGETS, coverage=False):
    """The directory with the targets in it. Raises CalledProcessError."""
    directory = build_directory(coverage)
    if not (directory / 'build.ninja').exists():
        # A null pointer crashes by itself, and x86 knows no alignment; without these checks a file
        # compiles in three quarters of the time.
        flags = ('-fsanitize=fuzzer-no-link -gline-tables-only -fno-sanitize-recover=all '
                 '-fno-sanitize=null,alignment,vptr')
        options = [f'-Dcpp_args={flags}', *SANITIZE, '-Doptimization=1']
        if coverage:
            options = [f'-Dcpp_args=-fsanitize=fuzzer-no-link {COVERAGE}',
                       '-Dcpp_link_args=-fprofile-instr-generate', '-Doptimization=0',
                       '-Db_lundef=false']
        # Each target is linked with its own file of the library, which unity would melt into others.
        subprocess.run(['meson', 'setup', '-Dbuildtype=plain', '-Dunity=off', *options, directory, ROOT],
                       check=True, env={**os.environ, 'CXX': 'clang++', 'CC': 'clang',
                                        # What meson tries out leaves its profile where it runs.
                                        'LLVM_PROFILE_FILE': os.devnull},
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    programs = [f'tests/fuzz/{target}_fuzz' for target in targets]
    subprocess.run(['ninja', '-C', directory, *programs], check=True, stdin=subprocess.DEVNULL)
    return directory


def fuzz(directory, target, seconds, corpus=None, more=(), **kwargs):
    """Runs one target. Returns the finished process: its exit code is 0 if it found nothing.

    corpus is where inputs that reach new code come from and go to, beside the seeds."""
    corpus, findings = corpus or directory / 'corpus' / target, directory / 'findings'
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    options = [*more, f'-max_total_time={seconds}', f'-artifact_prefix={findings}/{target}-',
               '-timeout=10', '-rss_limit_mb=1024', '-print_final_stats=1']
    dictionary = HERE / 'seeds' / f'{target}.dict'
    if dictionary.exists():
        options.append(f'-dict={dictionary}')
    program = directory / f'tests/fuzz/{target}_fuzz'
    return subprocess.run([program, *options, corpus, *seeds(target)], stdin=subprocess.DEVNULL,
                          **kwargs)


def seeds(target):
    folder = HERE / 'seeds' / target
    return [folder] if folder.is_dir() else []


def shortfalls(directory, target):
    """Runs every seed once and prints the share of lines reached, file by file. Returns the files
    of which it is under LEAST per cent."""
    program, profile = directory / f'tests/fuzz/{target}_fuzz', directory / f'{target}.profile'
    env = {**os.environ, 'LLVM_PROFILE_FILE': f'{profile}.raw'}
    subprocess.run([program, '-runs=0', *seeds(target)], check=True, env=env,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(['llvm-profdata', 'merge', '-o', profile, f'{profile}.raw'], check=True)
    report = subprocess.run(['llvm-cov', 'report', program, f'-instr-profile={profile}'],
                            check=True, stdout=subprocess.PIPE, text=True)
    rows = [line.split() for line in report.stdout.splitlines()]
    print(f'== {target}')
    short = []
    for aim in AIMS[target]:
        lines, share = next(((row[7], float(row[9].rstrip('%'))) for row in rows
                             if len(row) > 9 and row[0].endswith(aim)), (0, 0.0))
        print(f'{share:7.2f}% of {lines:>4} lines  {aim}')
        if share < LEAST:
            short.append(aim)
    sys.stdout.flush()
    return short


def main():
    parser = argparse.ArgumentParser(prog='tests/fuzz/run')
    parser.add_argument('--coverage', action='store_true')
    parser.add_argument('words', nargs='*', metavar='HOURS|TARGET')
    args = parser.parse_args()
    if not args.words and not args.coverage:
        parser.error('for how many HOURS?')
    targets = args.words if args.coverage else args.words[1:]
    if unknown := set(targets) - set(TARGETS):
        parser.error(f'no such target: {", ".join(sorted(unknown))}; '
                     f'there are {", ".join(TARGETS)}')
    try:
        seconds = 0 if args.coverage else int(float(args.words[0]) * 3600)
    except ValueError:
        parser.error(f'{args.words[0]}: HOURS is a number, such as 1 or 0.05')
    if tool := missing_tool(args.coverage):
        sys.exit(f'{tool} is missing: packaging/dependencies --test')
    targets = targets or TARGETS
    directory = build(targets, args.coverage)
    if args.coverage:
        short = [f'{target}: {aim}' for target in targets for aim in shortfalls(directory, target)]
        print('\n'.join([f'under {LEAST} % of the lines:', *short]) if short
              else f'every file that is aimed at: at least {LEAST} % of the lines')
        sys.exit(1 if short else 0)
    found = [target for target in targets if fuzz(directory, target, seconds).returncode != 0]
    print(f'{len(targets) - len(found)} of {len(targets)} targets found nothing'
          + (f'; look at {directory}/findings: {", ".join(found)}' if found else ''))
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
