# SPDX-License-Identifier: MIT
"""Passwords, file modes, logs and TLS: what must stay secret stays secret."""

import base64
import os
import pathlib
import socket
import stat
import tempfile
import threading
import unittest

from daemons import Daemon
from lab import build_directory, password_of
from lab_case import LabCase


class Secrets(LabCase):
    lab_options = {'config': {'log': {'level': 'debug'}}}

    def every_file(self):
        for folder in ('config', 'state', 'runtime', 'data', 'cache'):
            for path in (self.lab.ann.directory / folder).rglob('*'):
                if path.is_file():
                    yield path

    def test_the_password_is_in_one_file_of_ours_alone(self):
        secret = password_of('ann').encode()
        holders = [path for path in self.every_file() if secret in path.read_bytes()]
        self.assertEqual(len(holders), 1, holders)
        self.assertEqual(stat.S_IMODE(holders[0].stat().st_mode), 0o600)

    def test_everything_is_ours_alone(self):
        for folder in ('config/xmppft/accounts.d', 'state/xmppft'):
            path = self.lab.ann.directory / folder
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, folder)
            for inner in path.rglob('*'):
                self.assertEqual(stat.S_IMODE(inner.stat().st_mode) & 0o077, 0, inner)

    def test_a_received_file_is_as_the_umask_says_and_not_executable(self):
        source = self.lab.make_file('script.sh', 100)
        source.chmod(0o777)
        self.lab.ann.ctl('send', source, '--to', self.lab.jid('bob'), '--wait')
        arrived = self.lab.bob.downloads / source.name
        umask = os.umask(0o022)   # there is no other way to read it
        os.umask(umask)
        self.assertEqual(stat.S_IMODE(arrived.stat().st_mode), 0o666 & ~umask)

    def test_the_debug_log_keeps_secrets_and_contents(self):
        content = b'a very recognisable content of a file ' * 100
        source = self.lab.files / 'content.txt'
        source.write_bytes(content)
        self.lab.ann.ctl('send', source, '--to', self.lab.jid('bob'), '--method', 'si-ibb', '--wait')
        for user in ('ann', 'bob'):
            log = self.lab.daemons[user].child.log.read_bytes()
            self.assertNotIn(password_of(user).encode(), log)
            self.assertNotIn(base64.b64encode(password_of(user).encode()), log)
            self.assertNotIn(base64.b64encode(content[:300])[:200], log)
            self.assertNotIn(b'recognisable', log)
            for line in log.splitlines():
                if any(tag in line for tag in (b'<auth', b'<response', b'<challenge', b'<success')):
                    self.assertNotRegex(line, rb'>[A-Za-z0-9+/=]{16,}<', 'SASL exchange in the log')

    def test_no_process_shows_the_password(self):
        proc = pathlib.Path(f'/proc/{self.lab.ann.child.pid}')
        for name in ('cmdline', 'environ'):
            self.assertNotIn(password_of('ann').encode(), (proc / name).read_bytes())

    def test_a_password_file_that_others_can_read_is_not_used(self):
        (holder,) = [path for path in self.every_file()
                     if path.read_bytes().strip() == password_of('ann').encode()]
        self.lab.ann.stop()
        holder.chmod(0o644)
        try:
            self.lab.ann.restart()
            accounts = self.lab.ann.json('account', 'list')['accounts']
            self.assertNotEqual(accounts[0]['state'], 'online')
        finally:
            holder.chmod(0o600)
            self.lab.ann.stop()
            self.lab.ann.restart()
            self.lab.wait_contacts_online('bob')


class WithoutTls(unittest.TestCase):
    """A server, or somebody on the way to it, that takes STARTTLS out of the features."""

    FEATURES = (b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' id='1' "
                b"xmlns:stream='http://etherx.jabber.org/streams' from='plain.test'>"
                b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                b"<mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
                b"</stream:features>")

    def setUp(self):
        if not (build_directory() / 'daemon/xmppftd').exists():
            self.skipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-lab.')
        self.addCleanup(folder.cleanup)
        self.daemon = Daemon(pathlib.Path(folder.name) / 'ann', build_directory())
        self.addCleanup(self.daemon.teardown)

    def test_no_login_without_tls(self):
        heard = []
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(20)

        def serve():
            stream, _ = listener.accept()
            with stream:
                stream.settimeout(5)
                heard.append(stream.recv(4096))
                stream.sendall(self.FEATURES)
                try:
                    while data := stream.recv(4096):
                        heard.append(data)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        self.daemon.start()
        done = self.daemon.run('account', 'add', 'ann@plain.test', '--server',
                               f'127.0.0.1:{listener.getsockname()[1]}', '--password-stdin',
                               '--store', 'session', stdin='very secret\n')
        thread.join()
        listener.close()
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertNotIn(b'<auth', b''.join(heard))
        self.assertIn('TLS', done.stderr)


if __name__ == '__main__':
    unittest.main()
