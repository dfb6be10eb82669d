# SPDX-License-Identifier: MIT
"""What this suite looks with sees: the proxy and the clock do what they are told, and what is planted is found."""

import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

from chaos import END, Chaos, Manner
from clock import Clock
from examine import Foreign, check_end, check_names
from process import Invalid
from totals import Totals
from trap import Trap


SLEEPER = '''
import select, time
def clocks():
    return (time.monotonic(), time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))
was = clocks()
time.sleep(100)
select.select([], [], [], 100)
select.poll().poll(100_000)
select.epoll().poll(100)
print(*(int(after - before) for before, after in zip(was, clocks())))
'''


class FakeClock(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock = Clock(folder.name)

    def run_sleeper(self):
        return subprocess.Popen([*self.clock.wrapper, sys.executable, '-c', SLEEPER], text=True,
                                stdout=subprocess.PIPE)

    def test_who_sleeps_by_it_wakes_by_it(self):
        self.clock.run(400)
        begun = time.monotonic()
        said, _ = self.run_sleeper().communicate(timeout=60)
        self.assertLess(time.monotonic() - begun, 50)
        for passed in map(int, said.split()):
            self.assertGreaterEqual(passed, 400)

    def test_a_pace_that_changes_wakes_who_sleeps(self):
        with self.run_sleeper() as sleeper:
            time.sleep(0.5)
            self.clock.pass_by(600, 400)
            self.assertGreaterEqual(int(sleeper.stdout.read().split()[0]), 400)

    def test_a_time_of_day_that_is_set(self):
        with self.run_sleeper() as sleeper:
            time.sleep(0.5)
            self.clock.set_wall(-7200)
            self.clock.pass_by(600, 400)
            monotonic, wall, boot = map(int, sleeper.stdout.read().split())
        self.assertLess(wall, monotonic - 7000)
        self.assertLess(abs(boot - monotonic), 5)


class Proxy(unittest.TestCase):
    def setUp(self):
        target = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(target.close)
        threading.Thread(target=self.serve, args=[target], daemon=True).start()
        self.chaos = Chaos(target.getsockname())
        self.addCleanup(self.chaos.close)

    @staticmethod
    def serve(target):
        while True:
            try:
                one, _ = target.accept()
            except OSError:
                return
            one.sendall(bytes(100_000))
            one.close()

    def read_all(self):
        with socket.create_connection(('127.0.0.1', self.chaos.port), timeout=20) as client:
            data = b''
            while block := client.recv(65536):
                data += block
            return data

    def test_bytes_pass_as_they_are_and_are_counted(self):
        self.chaos.down.manner = Manner(piece=1, head=300)
        self.assertEqual(self.read_all(), bytes(100_000))
        self.assertEqual(self.chaos.down.count, 100_000)

    def test_one_bit_is_flipped(self):
        self.chaos.down.manner = Manner(flip_at=77_000)
        data = self.read_all()
        self.assertEqual([place for place, byte in enumerate(data) if byte], [77_000])
        self.assertEqual(self.chaos.down.flips, 1)

    def test_cuts(self):
        self.chaos.down.manner = Manner(cut_at=1234, cut=END)
        self.assertEqual(self.read_all(), bytes(1234))
        self.chaos.down.manner = Manner(cut_at=1234)
        with self.assertRaises(ConnectionResetError):
            self.read_all()

    def test_a_deed_is_done_at_its_byte(self):
        counts = []
        self.chaos.down.at(50_001, lambda: counts.append(self.chaos.down.count))
        self.read_all()
        self.assertEqual(counts, [50_001])

    def test_a_byte_that_does_not_pass_makes_the_test_invalid(self):
        trap = Trap(self.chaos.down, 100_001)
        self.read_all()
        with self.assertRaises(Invalid):
            trap.wait(0.1)


class Examination(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / 'downloads'
        self.folder.mkdir()
        self.source = pathlib.Path(folder.name) / 'a.bin'
        self.source.write_bytes(b'as it was sent')
        self.totals = Totals()
        self.theirs = [{'id': 7, 'name': 'a.bin', 'state': 'done', 'reason': '', 'error': None}]

    def found(self):
        ann = types.SimpleNamespace(job=lambda _: {'state': 'done', 'reason': '', 'error': None})
        bob = types.SimpleNamespace(jobs=lambda *_: self.theirs)
        check_end(types.SimpleNamespace(ann=ann, bob=bob), [1], [self.source], self.folder, self.totals)
        return [kind for kind, _ in self.totals.found]

    def arrive(self, name, content=b'as it was sent'):
        (self.folder / name).write_bytes(content)

    def test_all_is_well(self):
        self.arrive('a.bin')
        self.assertEqual(self.found(), [])

    def test_a_file_that_did_not_arrive(self):
        self.assertEqual(self.found(), ['lost'])

    def test_another_content(self):
        self.arrive('a.bin', b'as it was senT')
        self.assertEqual(self.found(), ['wrong'])
        check_names(self.folder, [self.source], self.totals, 'now')
        self.assertEqual(len(self.totals.found), 2)

    def test_a_file_that_came_twice(self):
        self.arrive('a.bin')
        self.arrive('a (2).bin')
        self.theirs *= 2
        self.assertEqual(self.found(), ['doubled', 'doubled'])

    def test_a_part_that_is_left(self):
        self.arrive('a.bin')
        self.arrive('.xmppft-0123456789abcdef.part')
        self.assertEqual(self.found(), ['litter'])

    def test_a_foreign_file_that_was_touched(self):
        foreign = Foreign(self.folder)
        foreign.check(self.totals)
        self.assertEqual(self.totals.found, [])
        (self.folder / 'notes.txt').write_text('ours')
        foreign.check(self.totals)
        self.assertEqual([kind for kind, _ in self.totals.found], ['wrong'])

    def test_too_much_sent_again(self):
        self.totals.sent_again(16 << 20, 'a')
        self.assertEqual(self.totals.found, [])
        self.totals.sent_again((16 << 20) + 1, 'a')
        self.assertEqual([kind for kind, _ in self.totals.found], ['resent'])


if __name__ == '__main__':
    unittest.main()
