# SPDX-License-Identifier: MIT
"""A queue of thousands of jobs: memory, and an ear for everybody else while all of them are handled."""

import threading
import time
import unittest

from dbus_client import DAEMON, MANAGER, ROOT, Connection
from lab_case import SANITIZED, LabCase
from process import wait_for

JOBS = 2500
MIB = 1024   # KiB


class Listener:
    """Asks for the status all the time. `times` are seconds."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.times = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with Connection(self.daemon.socket) as bus:
            while not self.over.is_set():
                start = time.monotonic()
                bus.call(DAEMON, ROOT, 'org.freedesktop.DBus.Properties', 'GetAll', 's', (MANAGER,))
                self.times.append(time.monotonic() - start)
                time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@unittest.skipIf(SANITIZED, 'memory under ASan is its own')
class LongQueue(LabCase):
    # The receiver of all is a contact that is not there.
    lab_options = {'users': ('ann', 'bob'), 'raw_users': ()}

    @classmethod
    def prepare(cls):
        cls.lab.bob.stop()
        wait_for('bob is away', lambda: not cls.lab.ann.contacts_online())
        folder = cls.lab.files / 'small'
        folder.mkdir()
        for number in range(JOBS):
            (folder / f'{number:05}.bin').write_bytes(b'x' * 100)
        cls.sources = sorted(folder.iterdir())

    def counts(self):
        return self.lab.ann.json('status')['jobs']

    def test_memory_follows_the_queue_and_the_daemon_listens(self):
        ann = self.lab.ann
        ann.ctl('queue', 'list', '--rows', 1)
        idle = ann.rss_kib()
        ann.ctl('-q', 'send', *self.sources, '--to', self.lab.jid('bob'))
        wait_for('the queue', lambda: self.counts().get('queued') == JOBS)
        ann.stop()
        ann.start()
        wait_for('ann is online',
                 lambda: ann.json('account', 'list')['accounts'][0]['state'] == 'online')
        waiting = ann.rss_kib()
        self.assertLess(waiting - idle, 2 * JOBS + 2 * MIB, f'KiB for {JOBS} waiting jobs')

        ann.ctl('queue', 'list', '--rows', 1000)
        self.assertLess(ann.rss_kib() - waiting, 8 * MIB, 'KiB after 1000 rows were told')

        with Listener(ann) as listener:
            ann.ctl('queue', 'cancel', '--all', '--yes')
            self.assertEqual(self.counts(), {'cancelled': JOBS})
            ann.ctl('queue', 'remove', '--all', '--yes')
        self.assertEqual(self.counts(), {})
        # One turn of the loop for all of them would be in the seconds.
        self.assertLess(max(listener.times), 1.0)
        wait_for(f'memory is back near {idle} KiB', lambda: ann.rss_kib() - idle < 8 * MIB, every=0.5)


if __name__ == '__main__':
    unittest.main()
