# SPDX-License-Identifier: MIT
"""A daemon whose server is not there: what it was told to send waits, and its journal can be harmed."""

import pathlib
import shutil
import tempfile

from daemons import Daemon
from fault_case import FaultCase
from lab import build_directory

PEER = 'bob@example.test'


class LoneDaemonCase(FaultCase):
    @classmethod
    def setUpClass(cls):
        if not (build_directory() / 'daemon/xmppftd').exists():
            cls.skipTest(cls, 'xmppftd not built')
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='xmppft-lab.'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.daemon = Daemon(cls.folder / 'ann', build_directory())
        cls.addClassCleanup(cls.daemon.teardown)
        cls.state = cls.daemon.directory / 'state/xmppft'
        cls.daemon.start()
        cls.daemon.run('account', 'add', 'ann@example.test', '--server', '127.0.0.1:1', '--password-stdin',
                       '--store', 'file', stdin='x\n')
        cls.prepare()

    @classmethod
    def prepare(cls):
        pass

    def send(self, *names):
        """Files of these names. Returns the ids that were told."""
        for name in names:
            (self.folder / name).write_text(name)
        told = self.daemon.ctl('-q', 'send', *(self.folder / name for name in names), '--to', PEER)
        return [int(word) for word in told.split()]
