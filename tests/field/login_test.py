# SPDX-License-Identifier: MIT
"""A login is a walk, not a single try: through servers, mechanisms and resources. For what users of
other programs could not log in with, each row comes online and its steps can be read; and for each
failure there is a hint of its own, and following it cures it."""

import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from daemons import Daemon
from lab import build_directory
from login_double import LoginDouble, NameServer, fingerprint, make_certificate
from process import free_port, wait_for
from rawpeer import RawPeer
from servers import Ejabberd

NOT_ONLINE = 6
DNS = '127.0.0.153'
SILENCE = 10       # seconds within which a silent server must have been given up
NFD, NFC = 'pa\u0308sswo\u0308rd', 'p\u00e4ssw\u00f6rd'
PASSWORDS = {'ann': 'pw', 'a=b': 'pw', 'a,b': 'pw', 'nfd': NFC, 'nbsp': 'pass word'}


def private_resolver(directory):
    """A command's prefix: in it names come from NameServer and a hosts file of our own."""
    (directory / 'resolv.conf').write_text(f'nameserver {DNS}\noptions timeout:1 attempts:1\n')
    (directory / 'hosts').write_text('127.0.0.1 localhost\n127.0.0.31 in-hosts.xft.test\n')
    mounts = ' && '.join(f'mount --bind {shlex.quote(str(directory / name))} /etc/{name}'
                         for name in ('resolv.conf', 'hosts'))
    return ['unshare', '-m', 'sh', '-c', f'{mounts} && exec "$@"', 'sh']


class LoginCase(unittest.TestCase):
    """One daemon, certificates, and what a test may call."""

    wrapper = ()

    @classmethod
    def setUpClass(cls):
        if not (build_directory() / 'daemon/xmppftd').exists():
            raise unittest.SkipTest('xmppftd not built')
        if os.geteuid() != 0:
            raise unittest.SkipTest('needs root: a name server and namespaces of its own')
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix='xmppft-login.'))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        make_certificate(cls.directory, 'ca', [])
        make_certificate(cls.directory, 'good',
                         ['DNS.1=xft.test', 'DNS.2=xn--bcher-kva.test', 'IP.1=127.0.0.1', 'IP.2=::1'],
                         ca='ca')
        make_certificate(cls.directory, 'other', ['DNS.1=other.test'], ca='ca')
        make_certificate(cls.directory, 'own', ['DNS.1=xft.test'])
        cls.ca = cls.directory / 'ca.crt'
        cls.daemon = Daemon(cls.directory / 'daemon', build_directory(),
                            wrapper=private_resolver(cls.directory))
        cls.addClassCleanup(cls.end_daemon)
        cls.names = NameServer(host=DNS)
        cls.addClassCleanup(cls.names.close)
        cls.daemon.start()

    @classmethod
    def end_daemon(cls):
        code = cls.daemon.teardown()
        assert code == 0, f'xmppftd ended with {code}: {cls.daemon.child.tail()}'

    def setUp(self):
        self.names.records.clear()
        self.names.silent = False

    def double(self, host='127.0.0.1', port=0, certificate='good', **attributes):
        double = LoginDouble(host, port, certificate=self.directory / certificate,
                             passwords=PASSWORDS, **attributes)
        self.addCleanup(double.close)
        return double

    def srv(self, *rows, service='xmpp-client', domain='xft.test'):
        """rows: (priority, double or port), each a host of its own."""
        records = self.names.records.setdefault((f'_{service}._tcp.{domain}', 'SRV'), [])
        for priority, double in rows:
            host = f'h{len(self.names.records)}.{domain}'
            records.append((priority, 0, double.port, host))
            self.names.records[(host, 'A' if '.' in double.host else 'AAAA')] = [double.host]

    def add(self, jid='ann@xft.test', password='pw', *options, server=None, ca=True):
        """xmppftctl account add: the finished process. The account goes with the test."""
        self.addCleanup(self.daemon.run, 'account', 'remove', '--yes', jid)
        where = ['--server', server if isinstance(server, str) else server.address] if server else []
        trust = ['--ca', self.ca] if ca else []
        return self.daemon.run('account', 'add', jid, '--password-stdin', '--store', 'session', *where,
                               *trust, *options, stdin=password + '\n', timeout=80)

    def account(self):
        accounts = self.daemon.json('account', 'list')['accounts']
        self.assertEqual(len(accounts), 1, accounts)
        return accounts[0]

    def steps(self):
        return '\n'.join(self.account()['login_steps'])

    def assert_online(self, done, *steps):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('online as', done.stdout)
        told = self.steps()
        for step in steps:
            self.assertRegex(told, step)
        log = self.daemon.child.log.read_text(errors='replace')
        self.assertIn(told.splitlines()[-1], log)

    def assert_refused(self, done, reason, *words):
        """Exit code, reason, words of the message or hint. Returns the hint."""
        self.assertEqual(done.returncode, NOT_ONLINE, done.stdout + done.stderr)
        self.assertEqual(self.account()['reason'], reason, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        hint = re.search(r'^hint: (.*)', done.stderr, re.M)
        self.assertTrue(hint, done.stderr)
        return hint[1]

    def follow(self, hint, placeholders=None, stdin=''):
        """Runs the first command of a hint. Then, or behind `account connect`, it is online."""
        command = re.search(r"xmppftctl (account [^;')]*)", hint)
        self.assertTrue(command, hint)
        text = command[1].strip()
        for word, value in (placeholders or {}).items():
            self.assertIn(word, text)
            text = text.replace(word, value)
        extra = ['--password-stdin'] if 'passwd' in text else []
        done = self.daemon.run(*text.split(), *extra, stdin=stdin)
        self.assertEqual(done.returncode, 0, f'{text}: {done.stderr}')
        self.assertIn('online as', done.stdout, text)


class Online(LoginCase):
    # --- names and passwords ---

    def test_idn_by_u_label_and_a_label(self):
        for jid in ('ann@b\u00fccher.test', 'ann@xn--bcher-kva.test'):
            with self.subTest(jid):
                server = self.double(domain='b\u00fccher.test')
                self.assert_online(self.add(jid, server=server))
                self.assertEqual(self.account()['jid'], 'ann@b\u00fccher.test')
                self.assertIn('to b\u00fccher.test', server.log)
                self.assertIn('sni xn--bcher-kva.test', server.log)
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_passwords_are_prepared(self):
        server = self.double()
        for user, typed in (('nfd', NFD), ('nbsp', 'pass\u00a0word'), ('nbsp', 'pass\u202fword')):
            with self.subTest(typed):
                self.assert_online(self.add(f'{user}@xft.test', typed, server=server))
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_user_names_with_signs_of_scram(self):
        server = self.double()
        for user in ('a=b', 'a,b'):
            with self.subTest(user):
                self.assert_online(self.add(f'{user}@xft.test', server=server))
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    # --- mechanisms ---

    def test_the_password_serves_only_one_mechanism(self):
        offered = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']
        for good in offered:
            with self.subTest(good):
                broken = {name: 'not-authorized' for name in offered if name != good}
                server = self.double(mechanisms=offered, broken=broken)
                self.assert_online(self.add('ann@xft.test', 'pw', '--allow-plain', server=server))
                self.assertEqual(server.log.count(good), 1)
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_a_server_that_breaks_off_at_one_mechanism(self):
        server = self.double(broken={'SCRAM-SHA-256': 'close'})
        self.assert_online(self.add(server=server), 'SCRAM-SHA-256')

    # --- see-other-host ---

    def test_see_other_host(self):
        for place in ('header', 'tls', 'sasl'):
            for host in ('127.0.0.1', '::1'):
                with self.subTest(place=place, host=host):
                    there = self.double(host)
                    here = self.double(act={place: ('error', 'see-other-host', there.address)})
                    self.assert_online(self.add(server=here), re.escape(there.address))
                    self.assertIn('to xft.test', there.log)
                    self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_see_other_host_by_name(self):
        there = self.double('127.0.0.32', 5222)
        self.names.records[('elsewhere.xft.test', 'A')] = ['127.0.0.32']
        here = self.double(act={'tls': ('error', 'see-other-host', 'elsewhere.xft.test')})
        self.assert_online(self.add(server=here), 'elsewhere.xft.test')
        self.assertEqual(there.logins(), 1)

    def test_see_other_host_at_most_three_times(self):
        here = self.double()
        here.act = {'tls': ('error', 'see-other-host', here.address)}
        self.assert_refused(self.add(server=here), 'redirected', here.address)
        self.assertEqual(here.log.count('tcp'), 4)

    def test_see_other_host_does_not_weaken_the_certificate(self):
        there = self.double(certificate='other')
        here = self.double(act={'header': ('error', 'see-other-host', there.address)})
        self.assert_refused(self.add(server=here), 'tls', 'other.test')
        self.assertEqual([word for word in there.log if word.startswith('SCRAM')], [])

    # --- several servers ---

    def fail_over(self, *steps, certificate='good', **attributes):
        first = self.double('127.0.0.41', certificate=certificate, **attributes)
        second = self.double('127.0.0.42')
        self.srv((1, first), (2, second))
        begun = time.monotonic()
        self.assert_online(self.add(), re.escape(first.address) + '.*', *steps)
        self.assertEqual((first.logins(), second.logins()), (0, 1))
        return time.monotonic() - begun

    def test_the_first_server_closes(self):
        self.fail_over(act={'tcp': 'close'})

    def test_the_first_server_is_silent(self):
        self.assertLess(self.fail_over(act={'tcp': 'silent'}), SILENCE + 5)

    def test_the_first_server_is_silent_behind_the_handshake(self):
        self.assertLess(self.fail_over(act={'tls': 'silent'}), SILENCE + 5)

    def test_the_first_server_has_a_wrong_certificate(self):
        self.fail_over('other.test', certificate='other')

    def test_the_first_server_speaks_tls_at_once(self):
        self.fail_over(direct=True)

    def test_the_first_server_shuts_down(self):
        self.fail_over('shutting down', act={'header': ('error', 'system-shutdown')})

    def test_the_first_server_does_not_know_the_domain(self):
        self.fail_over('host-unknown', act={'header': ('error', 'host-unknown')})

    def test_the_first_server_cannot_check_passwords(self):
        self.fail_over('temporary-auth-failure',
                       broken={'SCRAM-SHA-256': ('temporary-auth-failure', 'later')})

    def test_the_first_server_is_a_web_server(self):
        self.fail_over('no XMPP', act={'tcp': ('web',)})

    def test_the_first_server_does_not_listen(self):
        second = self.double('127.0.0.42')
        self.srv((2, second))
        self.names.records[('_xmpp-client._tcp.xft.test', 'SRV')].append(
            (1, 0, free_port(), 'gone.xft.test'))
        self.names.records[('gone.xft.test', 'A')] = ['127.0.0.41']
        self.assert_online(self.add(), 'refused')

    def test_a_refusal_of_the_password_ends_the_walk(self):
        first, second = self.double('127.0.0.41'), self.double('127.0.0.42')
        self.srv((1, first), (2, second))
        self.assert_refused(self.add(password='wrong'), 'auth')
        self.assertEqual(second.log, [])

    def test_a_name_of_the_hosts_file(self):
        self.double('127.0.0.31', 5222)
        self.assert_online(self.add(server='in-hosts.xft.test'))

    # --- resources ---

    def test_bind_conflict(self):
        server = self.double(act={'bind': ('conflict', ['desk'])})
        self.assert_online(self.add('ann@xft.test', 'pw', '--resource', 'desk', server=server), 'conflict')
        self.assertRegex(server.bound[0], '/desk-')

    def test_bind_conflict_with_whatever_we_ask_for(self):
        server = self.double(act={'bind': ('conflict', None)})
        self.assert_refused(self.add(server=server), 'conflict', 'conflict')
        self.assertEqual(server.log[-2], 'bind ')  # the last time, for any

    # --- direct TLS ---

    def test_direct_tls_by_the_port(self):
        server = self.double('127.0.0.43', 5223, direct=True)
        self.assert_online(self.add(server=server), 'direct TLS')
        self.assertEqual(server.log.count('tcp'), 1)   # found at the first try
        self.assertIn('alpn xmpp-client', server.log)

    def test_direct_tls_on_any_port(self):
        self.assert_online(self.add(server=self.double(direct=True)), 'STARTTLS', 'direct TLS')

    def test_starttls_on_port_5223(self):
        self.assert_online(self.add(server=self.double('127.0.0.44', 5223)), 'direct TLS', 'STARTTLS')

    def test_direct_tls_by_srv_is_mixed_by_priority(self):
        plain = self.double('127.0.0.45', act={'tcp': 'close'})
        direct = self.double('127.0.0.46', direct=True)
        self.srv((1, plain))
        self.srv((2, direct), service='xmpps-client')
        self.assert_online(self.add(), '_xmpps-client._tcp', 'direct TLS')
        self.assertEqual(len([word for word in plain.log if word == 'tcp']), 1)

    # --- addresses as domains ---

    def test_the_domain_is_an_address(self):
        for domain, host in (('127.0.0.1', '127.0.0.1'), ('[::1]', '::1')):
            with self.subTest(domain):
                server = self.double(host, 5222, domain=domain)
                self.assert_online(self.add(f'ann@{domain}'))
                self.assertFalse([word for word in server.log if word.startswith('sni 1')])
                server.close()
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_other_kinds_of_names_in_the_certificate(self):
        for number, name in enumerate((
                'otherName.1=1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.xft.test',
                'otherName.1=1.3.6.1.5.5.7.8.5;UTF8:xft.test')):
            with self.subTest(name):
                make_certificate(self.directory, f'kind{number}', [name], ca='ca', common_name='x')
                self.assert_online(self.add(server=self.double(certificate=f'kind{number}')))
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])


@unittest.skipUnless(os.geteuid() == 0, 'needs root: a network namespace')
class Hosts(unittest.TestCase):
    """The machine's own addresses do not decide whether a literal can be reached."""

    def log_in_within(self, setup, host):
        probe = build_directory() / 'tests/support/xmpp_probe'
        if not probe.exists():
            self.skipTest('xmpp_probe not built')
        script = f'''
import pathlib, subprocess, sys
sys.path.insert(0, {str(pathlib.Path(__file__).parents[1] / 'support')!r})
from login_double import LoginDouble, fingerprint, make_certificate
directory = pathlib.Path({str(self.directory)!r})
make_certificate(directory, 'own', ['DNS.1=xft.test'])
server = LoginDouble({host!r}, certificate=directory / 'own', passwords={{'ann': 'pw'}})
subprocess.run([{str(probe)!r}, '--host', {host!r}, '--port', str(server.port), '--pin',
                fingerprint(directory / 'own.crt'), '--stay', '2', 'ann@xft.test/r', 'pw'])
'''
        done = subprocess.run(['unshare', '-n', 'sh', '-c', setup + ' && exec "$@"', 'sh',
                               sys.executable, '-B', '-c', script], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30)
        self.assertIn('up ann@xft.test/r', done.stdout)

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='xmppft-hosts.'))
        self.addCleanup(shutil.rmtree, self.directory)

    def test_an_ipv6_only_host_reaches_127_0_0_1(self):
        self.log_in_within('ip link set lo up && ip link add d0 type veth peer name d1 && ip link set d0 up && '
                           'ip addr add 2001:db8::1/64 dev d0', '127.0.0.1')

    def test_an_ipv4_only_host_reaches_its_own_ipv6_address(self):
        self.log_in_within('ip link set lo up && ip link add d0 type veth peer name d1 && ip link set d0 up && '
                           'ip addr add 192.0.2.1/24 dev d0', '::1')

    def test_a_host_without_any_network_reaches_itself(self):
        self.log_in_within('ip link set lo up', '127.0.0.1')


class IdleCut(LoginCase):
    """A server that cuts sessions in which nothing came for a while."""

    def test_one_cut_is_enough(self):
        server = self.double(idle=9)
        self.assert_online(self.add(server=server))
        wait_for('the cut', lambda: 'cut' in server.log, 20)
        wait_for('the second login', lambda: server.logins() == 2, 20)
        time.sleep(20)   # twice as long as it bears
        self.assertEqual(server.logins(), 2, self.daemon.child.tail(40))
        self.assertEqual(self.account()['state'], 'online')
        self.assertIn('pings every 6 s', self.daemon.child.log.read_text())


class Cured(LoginCase):
    """Each failure has its own hint. Following it cures it."""

    def test_only_plain(self):
        server = self.double(mechanisms=['PLAIN'])
        hint = self.assert_refused(self.add(server=server), 'plain', 'SASL PLAIN')
        self.assertIn('--allow-plain', hint)
        self.follow(hint)

    def test_wrong_password(self):
        server = self.double()
        hint = self.assert_refused(self.add(password='wrong', server=server), 'auth', 'not-authorized')
        self.assertFalse(self.account()['enabled'])
        self.follow(hint, stdin='pw\n')

    def test_the_text_of_a_refusal_is_told(self):
        server = self.double(broken={name: ('temporary-auth-failure', 'locked, try in 20 minutes')
                                     for name in ('SCRAM-SHA-1', 'SCRAM-SHA-256')})
        hint = self.assert_refused(self.add(server=server), 'auth-trouble', 'locked, try in 20 minutes')
        self.assertTrue(self.account()['enabled'], 'it may pass')
        self.assertEqual(len([word for word in server.log if word.startswith('SCRAM')]), 1)
        server.broken = {}
        self.follow(hint)

    def test_disabled_and_expired(self):
        for condition, reason in (('account-disabled', 'disabled'), ('credentials-expired', 'expired')):
            with self.subTest(condition):
                server = self.double(broken={name: (condition, 'ask Eve')
                                             for name in ('SCRAM-SHA-1', 'SCRAM-SHA-256')})
                hint = self.assert_refused(self.add(server=server), reason, 'ask Eve')
                server.broken = {}
                self.follow(hint, stdin='pw\n')
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_no_encryption(self):
        server = self.double(starttls=False)
        self.double('127.0.0.51', 5223, direct=True)
        hint = self.assert_refused(self.add(server=server), 'no-tls', 'STARTTLS')
        self.assertNotIn('--pin', hint)
        self.follow(hint, {'HOST': '127.0.0.51'})

    def test_an_untrusted_certificate(self):
        server = self.double(certificate='own')
        hint = self.assert_refused(self.add(server=server), 'tls', 'self-signed')
        self.assertIn(fingerprint(self.directory / 'own.crt'), hint)
        self.follow(hint)

    def test_a_file_of_authorities_that_holds_none(self):
        """Told when it is set, and at the login where it became so later; never blamed on the server."""
        server = self.double()
        whole = self.ca.read_text()
        none = {'empty': b'', 'text': b'my certificate\n', 'zeros': bytes(10000), 'der': bytes(range(256)),
                'key': b'-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n'}
        for what, data in none.items():
            with self.subTest(what, when='set'):
                path = self.directory / f'{what}.pem'
                path.write_bytes(data)
                done = self.add('ann@xft.test', 'pw', '--ca', path, server=server, ca=False)
                self.assertEqual(done.returncode, 7, done.stderr)
                self.assertIn(f'{path} holds no certificate', done.stderr)
        self.assertEqual(self.daemon.json('account', 'list')['accounts'], [])
        later = none | {'cut': whole[:len(whole) // 2].encode(), 'folder': None, 'fifo': None, 'gone': None,
                        'broken': whole.replace('\n', '\n!').encode()}
        for what, data in later.items():
            with self.subTest(what, when='later'):
                path = self.directory / f'later-{what}.pem'
                path.write_text(whole)
                self.assert_online(self.add('ann@xft.test', 'pw', '--ca', path, server=server, ca=False))
                self.daemon.ctl('account', 'disconnect', self.account()['id'])
                path.unlink()
                if data is not None:
                    path.write_bytes(data)
                elif what == 'folder':
                    path.mkdir()
                elif what == 'fifo':
                    os.mkfifo(path)
                done = self.daemon.run('account', 'connect', self.account()['id'])
                hint = self.assert_refused(done, 'ca-file', str(path))
                self.follow(hint, {'FILE': str(self.ca)})
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_the_wrong_pin(self):
        server = self.double(certificate='own')
        done = self.add('ann@xft.test', 'pw', '--pin', 'ab' * 32, server=server)
        hint = self.assert_refused(done, 'pin', 'ab' * 32)
        new = fingerprint(self.directory / 'own.crt')
        self.assertIn(f'--pin {new}', hint)
        self.assertIn(new, self.daemon.child.log.read_text(), 'in the log, too, in full')
        self.follow(hint)

    def test_a_pinned_server_of_another_domain(self):
        server = self.double(certificate='own')   # serves xft.test, whoever asks
        pin = ['--pin', fingerprint(self.directory / 'own.crt')]
        done = self.add('ann@other.test', 'pw', *pin, server=server)
        hint = self.assert_refused(done, 'wrong-domain', 'xft.test')
        self.assertEqual([word for word in server.log if word.startswith('SCRAM')], [])
        good = self.double(domain='other.test', certificate='own')
        self.follow(hint, {'HOST[:PORT]': good.address})

    def test_a_server_that_takes_us_for_somebody_else(self):
        server = self.double(certificate='own', says_from='other.test')
        pin = ['--pin', fingerprint(self.directory / 'own.crt')]
        done = self.add('ann@other.test', 'pw', *pin, server=server)
        self.assert_refused(done, 'wrong-domain', 'ann@xft.test')

    def test_a_web_server(self):
        web = self.double('127.0.0.52', 5222, act={'tcp': ('web',)})
        good = self.double()
        hint = self.assert_refused(self.add(server=web), 'not-xmpp', 'no XMPP')
        self.follow(hint, {'HOST:PORT': good.address})

    def test_a_name_that_does_not_exist(self):
        good = self.double()
        hint = self.assert_refused(self.add(), 'dns', 'xft.test')
        self.follow(hint, {'HOST[:PORT]': good.address})

    def test_a_resolver_that_is_silent(self):
        good = self.double()
        self.names.silent = True
        begun = time.monotonic()
        hint = self.assert_refused(self.add(), 'no-dns', 'resolver')
        self.assertLess(time.monotonic() - begun, 25)
        self.follow(hint, {'ADDRESS[:PORT]': good.address})

    def test_a_domain_without_the_service(self):
        self.names.records[('_xmpp-client._tcp.xft.test', 'SRV')] = [(0, 0, 0, '.')]
        good = self.double()
        hint = self.assert_refused(self.add(), 'no-service', 'no XMPP service')
        self.follow(hint, {'HOST[:PORT]': good.address})

    def test_nobody_listens(self):
        good = self.double()
        hint = self.assert_refused(self.add(server=f'127.0.0.1:{free_port()}'), 'unreachable', 'refused')
        self.follow(hint, {'HOST[:PORT]': good.address})

    def test_a_clock_that_is_off(self):
        for start, word in ((2, 'not valid yet'), (-1500, 'expired long ago')):
            with self.subTest(word):
                make_certificate(self.directory, 'dated', ['DNS.1=xft.test'], ca='ca', start=start)
                server = self.double(certificate='dated')
                hint = self.assert_refused(self.add(server=server), 'clock', word, 'clock is right')
                self.assertIn('timedatectl', hint)
                self.assertNotIn('--pin', hint)
                server.certificate = self.directory / 'good'   # as if the clock were set
                self.follow(re.sub('.*then: ', '', hint))
                self.daemon.ctl('account', 'remove', '--yes', self.account()['id'])

    def test_too_many_sessions(self):
        server = self.double(act={'bind': ('resource-constraint', None)})
        hint = self.assert_refused(self.add(server=server), 'bind-refused', 'resource-constraint')
        server.act = {}
        self.follow(hint)

    def test_a_server_in_trouble_is_told_as_that(self):
        server = self.double(act={'tls': ('error', 'internal-server-error')})
        self.assert_refused(self.add(server=server), 'server', 'goes on trying')
        server.act = {}
        wait_for('online by itself', lambda: self.account()['state'] == 'online', 20)

    def test_disconnect_answers_with_the_truth(self):
        self.assert_online(self.add(server=self.double()))
        self.assertIn('offline', self.daemon.ctl('account', 'disconnect'))
        self.assertIn('online as', self.daemon.ctl('account', 'connect'))


class StrictEjabberd(Ejabberd):
    """Keeps old sessions when a new one asks for their resource."""

    def configure(self):
        super().configure()
        self.add_option('resource_conflict: closenew')

    def add_option(self, line):
        with open(self.directory / 'ejabberd.yml', 'a') as config:
            config.write(line + '\n')

    def restart(self):
        self.stop()
        (self.directory / 'accounts').write_text('[].\n')   # they are registered
        self.start()


class OnEjabberd(LoginCase):
    """What only a real one can tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = StrictEjabberd(cls.directory / 'ejabberd', {'ann': 'pw', 'bob': 'pw'})
        cls.ca = cls.server.ca
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def test_a_ghost_has_our_resource(self):
        with RawPeer(self.server, 'ann', 'desk'):
            done = self.add(f'ann@{self.server.domain}', 'pw', '--resource', 'desk', server=self.server)
            self.assert_online(done, 'conflict')
            self.assertRegex(self.account()['bound_jid'], '/desk-')

    def test_the_hash_of_its_passwords_changes(self):
        jid = f'bob@{self.server.domain}'
        self.assert_online(self.add(jid, 'pw', server=self.server))
        self.server.add_option('auth_scram_hash: sha512')
        self.server.restart()
        done = self.daemon.run('account', 'connect')
        hint = self.assert_refused(done, 'auth-plain', 'SCRAM-SHA-512: not-authorized')
        self.follow(hint.split('if it is right')[1])
        self.assertIn('by PLAIN', self.steps())


if __name__ == '__main__':
    unittest.main()
