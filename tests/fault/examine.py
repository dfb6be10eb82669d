# SPDX-License-Identifier: MIT
"""Looks at what is left of some transfers for what must hold after any fault, and while it happens."""

import pathlib
import re
import shutil
import sqlite3
import tempfile
import threading
import time

from lab import sha256

OURS = re.compile(r'\.xmppft-[0-9a-f]{16}\.(part|bad)')


def is_whole(path, source):
    try:
        return sha256(path) == sha256(source)
    except FileNotFoundError:
        return True  # it was looked at while somebody took it away


def check_names(folder, sources, totals, when):
    """R2: whatever has a final name is whole."""
    for source in sources:
        path = folder / source.name
        if path.exists() and not is_whole(path, source):
            totals.blame('wrong', f'{path.name} has its name and not its content {when}')


def check_journal(daemon, totals):
    """Of a daemon that was killed: its journal is sound. Returns the states of its jobs by their names."""
    state = pathlib.Path(daemon.env['XDG_STATE_HOME']) / 'xmppft'
    with tempfile.TemporaryDirectory() as copy:
        for path in state.glob('jobs.db*'):
            shutil.copy(path, copy)
        database = sqlite3.connect(pathlib.Path(copy) / 'jobs.db')
        try:
            said = database.execute('PRAGMA quick_check').fetchall()
            states = dict(database.execute('SELECT name, state FROM jobs'))
        finally:
            database.close()
    if said != [('ok',)]:
        totals.blame('lost', f'quick_check of {daemon.directory.name}: {said[:3]}')
    return states


def all_jobs(daemon):
    return daemon.jobs('--rows', 1000)


def check_ids(daemon, ids, totals):
    """R1: every id that was returned is there."""
    known = {job['id'] for job in all_jobs(daemon)}
    for job_id in ids:
        if job_id not in known:
            totals.blame('lost', f'job {job_id} is not in the journal')


def check_end(lab, ids, sources, folder, totals):
    """After all jobs have ended: done, each file once, exact, nothing else, one job of each at the receiver."""
    for job_id, source in zip(ids, sources):
        job = lab.ann.job(job_id)
        if job['state'] != 'done':
            totals.blame('lost', f'{source.name} of {source.stat().st_size} bytes, job {job_id}: {job["state"]}, '
                         f'{job["reason"]}, {job["error"]}')
        path = folder / source.name
        if not path.exists():
            totals.blame('lost', f'{source.name} did not arrive')
        elif not is_whole(path, source):
            totals.blame('wrong', f'{source.name} is another file')
        twins = [path.name for path in folder.glob(f'{source.stem} (*){source.suffix}')]
        if twins:
            totals.blame('doubled', f'{source.name} and {twins}')
        theirs = [job for job in all_jobs(lab.bob) if job['name'] == source.name]
        if len(theirs) > 1:
            totals.blame('doubled', f'{source.name} has jobs {[(job["id"], job["state"]) for job in theirs]}')
        if any(job['state'] != 'done' for job in theirs):
            totals.blame('lost', f'{source.name} is {[(job["state"], job["error"]) for job in theirs]} at bob')
    for path in folder.iterdir():
        if OURS.fullmatch(path.name) and not Foreign.planted(path):
            totals.blame('litter', f'{path.name} of {path.stat().st_size} bytes')


class Foreign:
    """R3: files that are not ours, under names that we could want. What they are must not change."""

    PART = '.xmppft-00000000000000ff.part'

    def __init__(self, folder):
        self.folder = folder
        self.files = {}
        for name in (self.PART, 'notes.txt', 'jobs.db'):
            path = folder / name
            path.write_text(f'the user wrote this into {name}')
            self.files[path] = self.state(path)

    @classmethod
    def planted(cls, path):
        return path.name == cls.PART

    @staticmethod
    def state(path):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns, path.read_text()

    def check(self, totals):
        for path, was in self.files.items():
            if not path.exists() or self.state(path) != was:
                totals.blame('wrong', f'the foreign file {path.name} was touched')


class Watch:
    """R2 at any instant: looks at a folder all the time, and at each name as soon as it is there."""

    def __init__(self, folder, sources, totals):
        self.folder, self.totals = folder, totals
        self.sources = {source.name: source for source in sources}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _look(self):
        seen = set()
        while not self.over.is_set():
            for name, source in self.sources.items():
                path = self.folder / name
                if name not in seen and path.exists():
                    seen.add(name)
                    if path.stat().st_size != source.stat().st_size or not is_whole(path, source):
                        self.totals.blame('wrong', f'{name} had its name before its content')
            time.sleep(0.01)
