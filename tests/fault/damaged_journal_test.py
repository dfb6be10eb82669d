# SPDX-License-Identifier: MIT
"""Whatever became of the journal while nobody looked: the daemon starts soon or says what only a person can mend,
keeps what it found, leaves received bytes alone and gives no id again."""

import os
import shutil
import time
import unittest

from lone_daemon import LoneDaemonCase
from process import Child, wait_for

SOON, FOR_A_PERSON = 3, 78
JOBS = 40
PART = '.xmppft-0123456789abcdef.part'


def flip(path, chance):
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 3, 30))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def cut(path, chance):
    os.truncate(path, chance.randrange(path.stat().st_size))


def zero(path, chance):
    with open(path, 'r+b') as file:
        file.seek(chance.randrange(path.stat().st_size))
        file.write(bytes(chance.randrange(1, 8192)))


def replace(make):
    def harm(path, _):
        path.rename(path.with_name('moved-away'))
        make(path)
    return harm


HARMS = {'bits flipped': flip, 'cut off': cut, 'zeros': zero, 'empty': lambda path, _: os.truncate(path, 0),
         'gone': lambda path, _: path.unlink(), 'a directory': replace(lambda path: path.mkdir()),
         'a pipe': replace(os.mkfifo), 'a link': replace(lambda path: path.symlink_to('moved-away'))}
FILES = ('jobs.db', 'jobs.db', 'jobs.db-wal', 'jobs.mark', 'jobs.db.bak')


class DamagedJournal(LoneDaemonCase):
    @classmethod
    def prepare(cls):
        """A journal with a log, as kill -9 leaves them, and a copy."""
        for name in range(JOBS):
            (cls.folder / f'{name}.txt').write_text('content')
        cls.daemon.ctl('-q', 'send', *(cls.folder / f'{name}.txt' for name in range(JOBS // 2)), '--to', 'b@x.test')
        cls.daemon.stop()
        cls.daemon.start()
        cls.daemon.ctl('-q', 'send', *(cls.folder / f'{name}.txt' for name in range(JOBS // 2, JOBS)),
                       '--to', 'b@x.test')
        cls.daemon.kill()
        cls.image = cls.folder / 'image'
        shutil.copytree(cls.state, cls.image)
        (cls.daemon.downloads / PART).write_text('received')

    def test_damaged_while_nobody_looked(self):
        self.repeat(24, self.a_round)

    def a_round(self, chance, totals, number):
        shutil.rmtree(self.state)
        shutil.copytree(self.image, self.state)
        word, name = tuple(HARMS)[number % len(HARMS)], chance.choice(FILES)
        path = self.state / name
        if not path.exists():
            path = self.state / 'jobs.db'
        HARMS[word](path, chance)
        what = f'{path.name}: {word}'
        harmed = path.read_bytes() if path.is_file() else None
        begun = time.monotonic()
        daemon = self.daemon
        daemon.child = Child([daemon.daemon_path], daemon.directory / 'daemon.log', daemon.env)
        wait_for('a start or an end', lambda: not daemon.child.running() or daemon.run('status').returncode == 0, 30)
        if (took := time.monotonic() - begun) > SOON:
            totals.blame('lost', f'{what}: {took:.1f} s')
        if not daemon.child.running():
            code = daemon.child.process.returncode
            totals.faults[f'exit {code}'] += 1
            if code != FOR_A_PERSON:
                totals.blame('lost', f'{what}: ended with {code}')
            return
        degraded = daemon.json('status')['daemon']['degraded']
        totals.faults['told' if degraded else 'sound'] += 1
        if path.name == 'jobs.db' and degraded and harmed:
            kept = [each.read_bytes() for each in self.state.glob('jobs.db.bad-*') if each.is_file()]
            if harmed not in kept:
                totals.blame('lost', f'{what}: the original is not kept')
        if what == 'jobs.db: gone':
            totals.faults['begun anew'] += 1   # as daemon/doc/state.md says
        elif not degraded and len(daemon.jobs('--rows', 1000)) != JOBS:
            totals.blame('lost', f'{what}: {len(daemon.jobs("--rows", 1000))} jobs, and nothing is told')
        if (new := self.send('new.txt')[0]) <= JOBS:
            totals.blame('doubled', f'{what}: the id {new} was given again')
        if (daemon.downloads / PART).read_text() != 'received':
            totals.blame('wrong', f'{what}: the part was touched')
        daemon.kill()


if __name__ == '__main__':
    unittest.main()
