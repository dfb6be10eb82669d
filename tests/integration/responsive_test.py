# SPDX-License-Identifier: MIT
"""D-Bus calls are answered at once, whatever the network, DNS or the disk are doing."""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from daemons import Daemon
from dbus_client import Connection
from lab import build_directory
from lab_case import LabCase

# Seconds. What blocks the loop blocks it for many seconds; how fast calls are on a quiet machine is measured by
# tests/bench/latency.
LIMIT = 2


def slowest_call(daemon, until):
    """Calls ListJobs every few ms as long as `until()` is false. Returns (seconds, calls)."""
    slowest, calls = 0.0, 0
    with Connection(daemon.socket) as bus:
        while not until():
            slowest = max(slowest, bus.list_jobs())
            calls += 1
            time.sleep(0.005)
    return slowest, calls


class DuringTransfer(LabCase):
    def test_calls_during_a_transfer_at_full_speed(self):
        source = self.lab.files / 'big.bin'
        with open(source, 'wb') as out:
            out.truncate(2 << 30)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-socks5/direct')
        waiter = subprocess.Popen([self.lab.ann.ctl_path, 'queue', 'wait', str(job_id)],
                                  env=self.lab.ann.env, stdout=subprocess.DEVNULL)
        slowest = {}

        def measure(user):
            slowest[user] = slowest_call(self.lab.daemons[user], lambda: waiter.poll() is not None)

        threads = [threading.Thread(target=measure, args=(user,)) for user in ('ann', 'bob')]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.lab.ann.job(job_id)['state'], 'done')
        for user, (seconds, calls) in slowest.items():
            self.assertGreater(calls, 20, user)
            self.assertLess(seconds, LIMIT, user)


class DuringTrouble(unittest.TestCase):
    """One daemon whose server or name server never answers."""

    def setUp(self):
        if not (build_directory() / 'daemon/xmppftd').exists():
            self.skipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-lab.')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_responsive_while_connecting(self, jid, *options, wrapper=()):
        daemon = Daemon(self.folder / 'ann', build_directory(), wrapper=wrapper)
        self.addCleanup(daemon.teardown)
        daemon.start()
        adding = subprocess.Popen(
            [daemon.ctl_path, 'account', 'add', jid, '--password-stdin', '--store', 'session', *options],
            env=daemon.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        adding.stdin.write(b'password\n')
        adding.stdin.close()
        try:
            deadline = time.monotonic() + 12   # past the watchdog's 10 s
            slowest, calls = slowest_call(daemon, lambda: time.monotonic() > deadline)
        finally:
            adding.kill()
            adding.wait()
        self.assertGreater(calls, 100)
        self.assertLess(slowest, LIMIT)
        self.assertEqual(daemon.stop(), 0)

    def test_calls_during_a_tls_handshake_that_never_ends(self):
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(30)
        done = threading.Event()

        def serve():
            stream, _ = listener.accept()
            with stream:
                stream.recv(4096)
                stream.sendall(b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
                               b"xmlns:stream='http://etherx.jabber.org/streams' id='1' from='silent.test'>"
                               b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
                               b"<required/></starttls></stream:features>")
                stream.recv(4096)
                stream.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
                self.handshake_began = bool(stream.recv(4096))
                done.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            self.assert_responsive_while_connecting(
                'ann@silent.test', '--server', f'127.0.0.1:{listener.getsockname()[1]}')
            self.assertTrue(self.handshake_began)
        finally:
            done.set()
            thread.join()
            listener.close()

    @unittest.skipUnless(os.getuid() == 0, 'needs root, to give the daemon a name server of its own')
    def test_calls_during_a_name_server_that_never_answers(self):
        resolv = self.folder / 'resolv.conf'
        resolv.write_text('nameserver 127.0.0.77\n')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            try:
                silent.bind(('127.0.0.77', 53))
            except OSError as error:
                self.skipTest(f'no port 53 here: {error}')
            own_resolver = ['unshare', '--mount', 'sh', '-c',
                            f'mount --bind {resolv} /etc/resolv.conf && exec "$0"']
            if subprocess.run([*own_resolver, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
                self.skipTest('no mount namespaces here')
            self.assert_responsive_while_connecting('ann@silent-dns.example', wrapper=own_resolver)
            silent.settimeout(0)
            self.assertTrue(silent.recv(512), 'the daemon did ask it')


if __name__ == '__main__':
    unittest.main()
