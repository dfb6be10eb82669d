# SPDX-License-Identifier: MIT
"""Mistakes of users and troubles of machines: a clear error, a remedy, the right exit code."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from daemons import Daemon
from lab import build_directory, password_of
from lab_case import LabCase
from process import free_port, wait_for
from rawpeer import RawPeer
from servers import make_certificates

REFUSED, USAGE, NO_SUCH, JOB_FAILED, NO_DAEMON, NOT_ONLINE, UNREADABLE = 1, 2, 3, 4, 5, 6, 7
OTHER_INSTANCE, BAD_CONFIG = 73, 78


class BadInput(LabCase):
    lab_options = {'raw_users': ('raw', 'spare')}

    def refuse(self, exit_code, says, *args, stdin='', remedy=True):
        """xmppftctl ARGS ends with `exit_code` and an error that holds each word of `says`."""
        done = self.lab.ann.run(*args, stdin=stdin)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        self.assertIn('xmppftctl: error: ', done.stderr)
        for word in says:
            self.assertIn(word, done.stderr)
        if remedy:
            self.assertIn('hint: ', done.stderr)
        return done

    def tearDown(self):
        """Whatever happened, ann and bob are still up and nothing was queued by halves."""
        self.assertIn('online', self.lab.ann.ctl('account', 'list'))
        self.assertIn('online', self.lab.bob.ctl('account', 'list'))

    # --- accounts ---

    def add_account(self, user, password, server=None, *options):
        self.addCleanup(lambda: self.lab.ann.run('account', 'remove', '--yes', self.lab.jid(user)))
        return ['account', 'add', self.lab.jid(user), '--server', server or self.lab.server.address,
                '--password-stdin', '--store', 'session', *options], password + '\n'

    def test_wrong_password(self):
        args, stdin = self.add_account('spare', 'wrong', None, '--ca', self.lab.server.ca)
        self.refuse(NOT_ONLINE, ['not-authorized', 'account passwd'], *args, stdin=stdin)

    def test_server_that_is_not_there(self):
        args, stdin = self.add_account('spare', password_of('spare'), f'127.0.0.1:{free_port()}',
                                       '--ca', self.lab.server.ca)
        self.refuse(NOT_ONLINE, ['127.0.0.1', 'refused'], *args, stdin=stdin)

    def test_certificate_of_an_unknown_authority(self):
        args, stdin = self.add_account('spare', password_of('spare'))
        done = self.refuse(NOT_ONLINE, ['certificate'], *args, stdin=stdin)
        self.assertRegex(done.stderr, '--pin', 'how to trust it all the same')
        self.assertRegex(done.stderr.replace(':', '').lower(), '[0-9a-f]{64}')

    def test_certificate_of_another_authority(self):
        with tempfile.TemporaryDirectory() as other:
            make_certificates(other, 'other.test', '127.0.0.1')
            args, stdin = self.add_account('spare', password_of('spare'), None, '--ca', f'{other}/ca.pem')
            self.refuse(NOT_ONLINE, ['certificate'], *args, stdin=stdin)

    def test_pinned_certificate_is_trusted_and_another_is_not(self):
        der = subprocess.run(['openssl', 'x509', '-outform', 'DER', '-in',
                              self.lab.server.certificates / 'server.crt'],
                             stdout=subprocess.PIPE, check=True).stdout
        fingerprint = hashlib.sha256(der).hexdigest()
        args, stdin = self.add_account('spare', password_of('spare'), None, '--pin', 'ab' * 32)
        self.refuse(NOT_ONLINE, ['certificate'], *args, stdin=stdin)
        self.lab.ann.run('account', 'remove', '--yes', self.lab.jid('spare'))
        args, stdin = self.add_account('spare', password_of('spare'), None, '--pin', fingerprint)
        self.assertIn('online', self.lab.ann.ctl(*args, stdin=stdin))

    def test_account_twice(self):
        args, stdin = ['account', 'add', self.lab.jid('ann'), '--password-stdin'], 'x\n'
        self.refuse(1, [self.lab.jid('ann')], *args, stdin=stdin, remedy=False)

    def test_password_on_the_command_line(self):
        self.refuse(USAGE, ['--password'], 'account', 'add', 'eve@example.org', '--password', 'hunter2')

    # --- recipients ---

    def a_file(self, name='plain.txt'):
        return self.lab.make_file(name, 100)

    def test_malformed_jid(self):
        self.refuse(USAGE, ['bob@@x'], 'send', self.a_file(), '--to', 'bob@@x')

    def test_no_recipient(self):
        self.refuse(USAGE, ['--to'], 'send', self.a_file(), remedy=False)

    def test_recipient_that_does_not_exist(self):
        job_id = self.lab.ann.send(self.a_file(), 'nobody@' + self.lab.server.domain)
        job = self.lab.ann.job(job_id)
        self.assertIn(job['state'], ('queued', 'failed'), 'a roster cannot tell, so it may wait')
        self.lab.ann.run('queue', 'cancel', job_id)

    def test_ourselves(self):
        self.refuse(USAGE, [self.lab.jid('ann')], 'send', self.a_file(), '--to', self.lab.jid('ann'))

    # --- files ---

    def test_missing_file(self):
        self.refuse(UNREADABLE, ['No such file'], 'send', '/nowhere/x', '--to', self.lab.jid('bob'),
                    remedy=False)

    def test_directory(self):
        self.refuse(UNREADABLE, ['directory'], 'send', self.lab.files, '--to', self.lab.jid('bob'))

    def test_fifo(self):
        fifo = self.lab.files / 'fifo'
        os.mkfifo(fifo)
        self.addCleanup(fifo.unlink)
        self.refuse(UNREADABLE, ['fifo'], 'send', fifo, '--to', self.lab.jid('bob'), remedy=False)

    def test_unreadable_file(self):
        path = self.a_file('secret.txt')
        path.chmod(0)
        without_power = []
        if os.getuid() == 0:   # root reads everything, unless its capabilities are taken away
            without_power = ['setpriv', '--inh-caps=-all', '--bounding-set=-all']
        done = subprocess.run([*without_power, self.lab.ann.ctl_path, 'send', path, '--to',
                               self.lab.jid('bob')], env=self.lab.ann.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, UNREADABLE, done.stderr)
        self.assertIn('Permission denied', done.stderr)

    def test_one_bad_file_of_three_queues_none(self):
        before = len(self.lab.ann.jobs())
        self.refuse(UNREADABLE, ['/nowhere/x'], 'send', self.a_file('1'), '/nowhere/x',
                    self.a_file('2'), '--to', self.lab.jid('bob'), remedy=False)
        self.assertEqual(len(self.lab.ann.jobs()), before)

    def test_file_deleted_while_queued(self):
        path = self.a_file('deleted.txt')
        job_id = self.lab.ann.send(path, f'{self.lab.jid("raw")}/later')
        path.unlink()
        with self.log_in('raw', 'later') as raw:
            raw.presence()
            raw.presence(self.lab.jid('ann'))
            job = wait_for('it to fail', lambda: (job := self.lab.ann.job(job_id))['state'] == 'failed'
                           and job, timeout=60)
        self.assertEqual(job['reason'], 'file-missing')

    def log_in(self, user, resource):
        peer = RawPeer(self.lab.server, user, resource)
        peer.presence()
        self.lab.ann.ctl('contacts', 'add', self.lab.jid(user))
        peer.subscribe(self.lab.jid('ann'))
        peer.approve(self.lab.jid('ann'))
        return peer

    # --- jobs and words ---

    def test_unknown_job(self):
        self.refuse(NO_SUCH, ['99999'], 'queue', 'show', '99999')
        self.refuse(NO_SUCH, ['99999'], 'queue', 'cancel', '99999')
        self.refuse(NO_SUCH, ['99999'], 'accept', '99999')

    def test_cancelling_what_is_done(self):
        job_id = self.lab.ann.send(self.a_file('done.txt'), self.lab.jid('bob'))
        self.assertEqual(self.lab.ann.wait(job_id)['state'], 'done')
        self.refuse(1, [str(job_id), 'done'], 'queue', 'cancel', job_id, remedy=False)

    def test_nothing_is_deleted_without_a_name(self):
        self.refuse(USAGE, ['--all'], 'queue', 'cancel', remedy=False)
        self.refuse(USAGE, ['--all'], 'queue', 'remove', remedy=False)

    def test_misspelt_command(self):
        self.refuse(USAGE, ['queue add'], 'queue', 'ad', 'x', remedy=False)

    def test_malformed_numbers(self):
        self.refuse(USAGE, ['900'], 'send', self.a_file(), '--to', self.lab.jid('bob'),
                    '--priority', '900', remedy=False)
        self.refuse(USAGE, ['pigeon'], 'send', self.a_file(), '--to', self.lab.jid('bob'),
                    '--method', 'pigeon', remedy=False)

    # --- words that are none ---

    def test_option_that_is_no_text(self):
        """An option's value is UTF-8 and no noncharacter, and the error says which option is not."""
        for option in ('--name', '--description', '--to', '--method', '--priority', '--account'):
            for value in (b'a\xff', b'\xed\xa0\x80', '\ufdd0'.encode(), '\U0001fffe'.encode()):
                done = subprocess.run([os.fsencode(self.lab.ann.ctl_path), b'send', os.fsencode(self.a_file()),
                                       option.encode(), value], env=self.lab.ann.env,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertTrue(done.stderr.startswith(f'xmppftctl: error: {option} '.encode()), done.stderr)

    def test_file_whose_name_is_no_text(self):
        """A file may be called anything; the receiver sees a name that can be shown."""
        path = os.fsencode(self.lab.files) + b'/b\xfcro.txt'
        pathlib.Path(os.fsdecode(path)).write_bytes(b'x')
        done = subprocess.run([os.fsencode(self.lab.ann.ctl_path), b'-q', b'send', path, b'--to',
                               self.lab.jid('bob').encode()], env=self.lab.ann.env, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.lab.ann.wait(int(done.stdout))['state'], 'done')

    def test_pasted_uri(self):
        uri = f'xmpp:{self.lab.jid("bob").replace("@", "%40")}?message;body=hi'
        self.refuse(USAGE, ['xmpp:'], 'send', self.a_file(), '--to', 'xmpp:?message', remedy=False)
        self.refuse(USAGE, ['%zz'], 'contacts', 'add', 'xmpp:bob%zz@x', remedy=False)
        self.assertIn(self.lab.jid('bob'), self.lab.ann.ctl('contacts', 'add', uri))

    def test_end_of_the_options(self):
        self.refuse(UNREADABLE, ['--missing'], 'send', '--to', self.lab.jid('bob'), '--', '--missing',
                    remedy=False)
        self.refuse(NO_SUCH, ['99999'], 'queue', 'show', '--', '99999')

    def test_each_reason_in_json(self):
        for verb in (['accept'], ['decline'], ['queue', 'cancel'], ['queue', 'remove']):
            done = self.lab.ann.run('--json', *verb, '99997', '99998', '99999')
            self.assertEqual(done.returncode, NO_SUCH, done.stdout)
            failed = json.loads(done.stdout)['failed']
            self.assertEqual([row['id'] for row in failed], [99997, 99998, 99999])
            self.assertTrue(all(row['message'] and row['name'] for row in failed), failed)

    # --- the receiving side ---

    def offered(self, name):
        """A file of ann's that waits for bob's word. Returns (bob's job id, the source)."""
        self.lab.bob.ctl('policy', 'remove', '1')
        try:
            source = self.lab.make_file(name, 4 << 20)
            self.lab.ann.send(source, self.lab.jid('bob'))
            (offer,) = wait_for('the offer', lambda: self.lab.bob.json('offers')['jobs'])
            return offer['id'], source
        finally:
            self.lab.accept_from('bob', 'ann')

    def accept_refused(self, exit_code, says, *args):
        done = self.lab.bob.run('accept', *args)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        for word in says:
            self.assertIn(word, done.stderr)

    def accept_at_last(self, job_id, source):
        """The refusals have not spoilt the offer."""
        self.lab.bob.ctl('accept', job_id, '--wait')
        self.assertEqual((self.lab.bob.downloads / source.name).read_bytes(), source.read_bytes())

    def test_download_folder_missing(self):
        job_id, source = self.offered('no-folder.bin')
        away = self.lab.bob.downloads.rename(self.lab.directory / 'away')
        try:
            self.accept_refused(USAGE, [str(self.lab.bob.downloads), 'mkdir -p'], job_id)
        finally:
            away.rename(self.lab.bob.downloads)
        self.accept_at_last(job_id, source)

    def test_folder_of_a_rule_missing(self):
        folder = self.lab.directory / 'soon-gone'
        folder.mkdir()
        self.lab.bob.ctl('policy', 'remove', '1')
        self.lab.accept_from('bob', 'ann', folder)
        folder.rmdir()
        try:
            source = self.lab.make_file('rule-without-folder.bin', 100)
            self.lab.ann.send(source, self.lab.jid('bob'))
            # The rule is tried first; then the user is asked instead.
            (offer,) = wait_for('the offer', lambda: [job for job in self.lab.bob.json('offers')['jobs']
                                                      if job['reason'] == 'awaiting-user'])
            self.assertIn(f"mkdir -p '{folder}'", self.lab.bob.ctl('why', offer['id']))
            self.accept_at_last(offer['id'], source)
        finally:
            self.lab.bob.ctl('policy', 'remove', '1')
            self.lab.accept_from('bob', 'ann')

    @unittest.skipUnless(os.getuid() == 0, 'needs root, to mount a small disk')
    def test_download_folder_full(self):
        small = self.lab.directory / 'small'
        small.mkdir()
        mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', small],
                               stderr=subprocess.PIPE, text=True)
        if mount.returncode != 0:
            self.skipTest('cannot mount here: ' + mount.stderr.strip())
        self.addCleanup(lambda: subprocess.run(['umount', '-l', small], check=True))
        job_id, source = self.offered('no-room.bin')
        self.accept_refused(REFUSED, [str(small), 'min_free', 'hint: '], job_id, '--into', f'{small}/')
        self.assertEqual(list(small.iterdir()), [], 'nothing half-received is left')
        self.accept_at_last(job_id, source)


class BadStart(unittest.TestCase):
    """The daemon itself: broken configuration, a second one, no bus."""

    def setUp(self):
        if not (build_directory() / 'daemon/xmppftd').exists():
            self.skipTest('xmppftd not built')
        folder = tempfile.TemporaryDirectory(prefix='xmppft-lab.')
        self.addCleanup(folder.cleanup)
        self.daemon = Daemon(pathlib.Path(folder.name) / 'ann', build_directory())
        self.addCleanup(self.daemon.teardown)

    def start_and_end(self, daemon=None, env=None):
        """Runs the daemon, which is to end by itself. Returns (exit code, what it said)."""
        daemon = daemon or self.daemon
        done = subprocess.run([daemon.daemon_path], env={**daemon.env, **(env or {})}, timeout=30,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def test_broken_config(self):
        self.daemon.start_bus()
        self.daemon.write_config('{\n  "limits": { "max_activ": 3 },\n  "on_exists": "explode"\n}\n')
        code, said = self.start_and_end()
        self.assertEqual(code, BAD_CONFIG, said)
        self.assertIn('config.jsonc:2:', said)
        self.assertIn('max_active', said, 'it says what was meant')
        self.assertIn('config.jsonc:3:', said, 'all mistakes at once')

    def test_config_that_is_not_json(self):
        self.daemon.start_bus()
        self.daemon.write_config('{ "limits": \n')
        code, said = self.start_and_end()
        self.assertEqual(code, BAD_CONFIG, said)
        self.assertIn('config.jsonc:', said)

    def test_second_daemon(self):
        self.daemon.start()
        code, said = self.start_and_end()
        self.assertEqual(code, OTHER_INSTANCE, said)
        self.assertTrue(self.daemon.answers())

    def test_stops_when_asked(self):
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)

    def test_bus_lost(self):
        self.daemon.start()
        self.daemon.bus.kill()
        self.assertEqual(self.daemon.child.process.wait(20), 75)
        self.daemon.child = None

    def test_no_daemon(self):
        self.daemon.start_bus()
        done = self.daemon.run('status')
        self.assertEqual(done.returncode, NO_DAEMON, done.stderr)
        self.assertIn('hint: ', done.stderr)

    def test_no_bus(self):
        done = self.daemon.run('status')
        self.assertEqual(done.returncode, NO_DAEMON, done.stderr)


if __name__ == '__main__':
    unittest.main()
