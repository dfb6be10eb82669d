# SPDX-License-Identifier: MIT
"""Files between us and foreign clients: every peer, direction, way, server and size."""

import contextlib
import unittest

import world
from cells import SERVERS, cells, run_cell
from excuses import excuse_for, run_excused
from network import Network, Unavailable


class Shared:
    """One network and one world at a time, kept for as long as tests ask for the same server."""

    def __init__(self):
        self.server = self.world = None
        self.undo = contextlib.ExitStack()

    def of(self, server):
        if self.server != server:
            self.close()
            wires = self.undo.enter_context(Network())
            self.world = self.undo.enter_context(world.World(wires, server))
            self.server = server
        return self.world

    def close(self):
        self.server = None
        self.undo.close()


shared = Shared()


def tearDownModule():
    shared.close()


class Matrix(unittest.TestCase):
    """The cells of one server and one peer; its tests are added below."""

    server = kind = lab = None

    @classmethod
    def setUpClass(cls):
        try:
            if cls.kind != 'ours':
                world.program(cls.kind)
            cls.lab = shared.of(cls.server)
        except (Unavailable, FileNotFoundError) as reason:
            raise unittest.SkipTest(str(reason)) from None


def test_of(cell):
    if excuse := excuse_for(cell):
        return f'test_{cell.name}_excused', lambda self: run_excused(self.lab, excuse, cell)
    return f'test_{cell.name}', lambda self: run_cell(self.lab, cell)


def load_tests(loader, *_):
    suite = unittest.TestSuite()
    for server in SERVERS:
        for kind in ('ours', *world.KINDS):
            tests = dict(map(test_of, cells(server, kind)))
            case = type(f'{kind}_{server}', (Matrix,), {'server': server, 'kind': kind, **tests})
            suite.addTests(map(case, tests))
    return suite
