# SPDX-License-Identifier: MIT
"""The table that tests/interop/matrix prints."""

import sys
import time

import races
from cells import FULL_SIZES, ROADS, SERVERS, SIZES, WAYS, cells, run_cell
from excuses import EXCUSES, excuse_for, run_between, run_excused
from network import Network
from world import KINDS, World


def outcome(world, cell):
    """`0.4 s`, `excused` or `FAIL`."""
    excuse = excuse_for(cell)
    start = time.monotonic()
    try:
        if excuse:
            run_excused(world, excuse, cell)
            return 'excused'
        if run_cell(world, cell):
            return 'excused'
    except AssertionError as error:
        print(f'{cell.server} {cell.name}: {error}', file=sys.stderr)
        return 'FAIL'
    return f'{time.monotonic() - start:.1f} s'


def row(*words):
    print(f'{words[0]:24}{words[1]:10}' + ''.join(f'{word:>10}' for word in words[2:]), flush=True)


def matrix(sizes):
    failed = False
    for server in SERVERS:
        print(f'\n{server}')
        row('', '', *sizes)
        with Network() as wires, World(wires, server) as world:
            for kind in ('ours', *KINDS):
                todo = list(cells(server, kind, sizes))
                for pair in dict.fromkeys((cell.sender, cell.receiver) for cell in todo):
                    for way in WAYS:
                        words = [outcome(world, cell) for cell in todo
                                 if (cell.sender, cell.receiver, cell.way) == (*pair, way)]
                        row(' to '.join(pair), way, *words)
                        failed |= 'FAIL' in words
    return failed


def excused():
    failed = False
    with Network() as wires, World(wires, SERVERS[0]) as world:
        world.wires.allow(*ROADS['proxy'])
        try:
            races.lose_between(world, world.make_file)
            how = 'the same'
        except AssertionError as error:
            how, failed = f'NOT SHOWN: {error}', True
        print(f'libpurple closes its stream before the proxy has activated it\n    purple to qxmpp: {how}', flush=True)
        for excuse in EXCUSES:
            try:
                run_between(world, excuse)
                how = 'the same'
            except AssertionError as error:
                how, failed = f'NOT SHOWN: {error}', True
            print(f'{excuse.because}\n    {excuse.between[0]} to {excuse.between[1]}: {how}', flush=True)
    return failed


def main():
    options = set(sys.argv[1:])
    if options - {'--full', '--excused'}:
        sys.exit('usage: matrix [--full] [--excused]')
    failed = excused() if '--excused' in options else matrix(
        FULL_SIZES if '--full' in options else SIZES)
    sys.exit(failed)


main()
