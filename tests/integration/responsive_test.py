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
from lab_case import SANITIZED, LabCase

# Seconds. On a busy machine the scheduler alone is late now and then; what must never be seen here is a
# loop that waits for a network, a disk or a name server. tests/bench/latency gives the exact figures.
USUAL = 0.25 if SANITIZED else 0.05
WORST = 1.0


def time_calls(daemon, until):
    """Calls ListJobs every few ms as long as `until()` is false. Returns the sorted seconds."""
    times = []
    with Connection(daemon.socket) as bus:
        while not until():
            times.append(bus.list_jobs())
            time.sleep(0.005)
    return sorted(times)


def assert_responsive(test, times, at_least):
    test.assertGreater(len(times), at_least)
    test.assertLess(times[int(0.95 * len(times))], USUAL)
    test.assertLess(times[-1], WORST)


class DuringTransfer(LabCase):
    def test_calls_during_a_transfer_at_full_speed(self):
        source = self.lab.files / 'big.bin'
        with open(source, 'wb') as out:
            out.truncate(2 << 30)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-socks5/direct')
        waiter = subprocess.Popen([self.lab.ann.ctl_path, 'queue', 'wait', str(job_id)],
                                  env=self.lab.ann.env, stdout=subprocess.DEVNULL)
        times = {}

        def measure(user):
            times[user] = time_calls(self.lab.daemons[user], lambda: waiter.poll() is not None)

        threads = [threading.Thread(target=measure, args=(user,)) for user in ('ann', 'bob')]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.lab.ann.job(job_id)['state'], 'done')
        for user in times:
            assert_responsive(self, times[user], at_least=20)


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
            times = time_calls(daemon, lambda: time.monotonic() > deadline)
        finally:
            adding.kill()
            adding.wait()
        assert_responsive(self, times, at_least=100)
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
