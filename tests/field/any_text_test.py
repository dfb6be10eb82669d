# SPDX-License-Identifier: MIT
"""Any text at any door: no string of a peer, a server, a disk or a caller ends or silences the daemon.

Every door takes strings of every kind (any_text). Then the daemon is killed and must come back on the journal that is
left, with every row served.
"""

import itertools
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

import any_text
from daemons import Daemon
from dbus_client import ACCOUNT, DAEMON, JOB, MANAGER, ROOT, BusError, Connection
from lab import Lab, build_directory, sha256
from lab_case import LabCase
from process import wait_for
from rawpeer import CLIENT, DISCO_INFO, FEATURES, IBB, SI, RawPeer, escape, quoteattr, si_offer
from rawserver import RawServer, ServerStream

MANAGED = 'org.freedesktop.DBus.ObjectManager'
PROPERTIES = 'org.freedesktop.DBus.Properties'
TEXTS = any_text.texts()
XML_TEXTS = [text for text in TEXTS if any_text.is_xml(text)]


class RawLab(Lab):
    """Bob's daemon and a server that we speak for ourselves."""

    def __init__(self, config):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='xmppft-lab.'))
        self.files = self.directory / 'files'
        self.files.mkdir()
        self.server = RawServer(self.directory)
        self.daemons = {'bob': Daemon(self.directory / 'bob', build_directory(), config)}

    def start(self):
        self.bob.start()

    def teardown(self):
        codes = {'bob': self.bob.teardown()}
        self.server.close()
        return codes


class AnyText(LabCase):
    """What all doors have in common: the bus is asked, and the daemon's process stays the same."""

    counts = {}     # door: strings

    @classmethod
    def tried(cls, door, strings):
        cls.counts[door] = cls.counts.get(door, 0) + strings

    @classmethod
    def tearDownClass(cls):
        print(f'{cls.__name__}: {sum(cls.counts.values())} strings by {len(cls.counts)} doors, 0 aborts, '
              '0 unanswered calls; ' + ', '.join(f'{door} {n}' for door, n in cls.counts.items()), flush=True)

    def setUp(self):
        self.children = {user: daemon.child for user, daemon in self.lab.daemons.items()}

    def tearDown(self):
        for user, child in self.children.items():
            if child is self.lab.daemons[user].child:
                self.assertTrue(child.running(), f"{user}'s daemon ended: {child.tail()}")

    def bus(self, user='bob'):
        connection = Connection(self.lab.daemons[user].socket)
        self.addCleanup(connection.socket.close)
        return connection

    def rows(self, bus):
        found, cursor = [], ''
        while True:
            page, cursor, _ = bus.call(DAEMON, ROOT, MANAGER, 'ListJobs', 'a{sv}assu', ({}, [], cursor, 1000))
            found += page
            if not cursor:
                return dict(found)

    def managed(self, bus):
        return bus.call(DAEMON, ROOT, MANAGED, 'GetManagedObjects')[0]

    def answered(self, bus, serial, where):
        """The values of the one reply to a call, or the error, which must be a documented one. None on error."""
        try:
            return bus.answer(serial)
        except BusError as error:
            self.assertRegex(error.name, r'^org\.(xmppft\.Error\.|freedesktop\.DBus\.Error\.InvalidArgs$)', where)
            self.assertNotEqual(error.name, 'org.xmppft.Error.Internal', f'{where}: {error}')
            self.assertTrue(str(error), where)
            self.assertLessEqual(len(str(error).encode()), 4096, where)
        return None

    def killed_and_back(self, user='bob'):
        """A crash, and a start on the journal it left: every row is listed, has a story and an object."""
        daemon = self.lab.daemons[user]
        before = self.rows(self.bus(user))
        daemon.kill()
        daemon.start()
        bus = self.bus(user)
        rows = self.rows(bus)
        self.assertEqual(sorted(rows), sorted(before))
        for job_id, fields in rows.items():
            bus.call(DAEMON, ROOT, MANAGER, 'GetHistory', 't', (job_id,))
            (path,) = bus.call(DAEMON, ROOT, MANAGER, 'GetJob', 't', (job_id,))
            (properties,) = bus.call(DAEMON, path, PROPERTIES, 'GetAll', 's', (JOB,))
            self.assertEqual(properties['Name'], fields['Name'])
        self.managed(bus)
        return rows


class OddStream(ServerStream):
    """Contacts that describe themselves and refuse files in odd words."""

    def _answered(self, stanza):
        text = next(self.texts)
        value = escape(text)
        if stanza.get('type') == 'get' and (query := stanza.find(f'{{{DISCO_INFO}}}query')) is not None:
            features = ''.join(f'<feature var={quoteattr(f)}/>' for f in (*FEATURES, text))
            node = quoteattr(query.get('node', ''))
            self.result(stanza, f"<query xmlns='{DISCO_INFO}' node={node}>"
                        f"<identity category='client' type='pc' name={quoteattr(text)}/>{features}"
                        f"<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>{value}</value></field>"
                        f'<field var={quoteattr(text)}><value>{value}</value></field></x></query>')
        elif stanza.get('type') == 'set' and stanza.find(f'{{{SI}}}si') is not None:
            self.refused += 1
            self.error(stanza, 'forbidden', text=value)
        else:
            return super()._answered(stanza)
        return True


class Peers(AnyText):
    """What servers and contacts say."""

    jid = 'bob@raw.test'

    @classmethod
    def make_lab(cls):
        return RawLab({'offers': {'max_pending': 5000, 'max_pending_per_peer': 100}, 'limits': {'max_active': 50}})

    @classmethod
    def prepare(cls):
        lab = cls.lab
        adding = threading.Thread(target=lab.bob.run, args=(
            'account', 'add', cls.jid, '--server', lab.server.address, '--ca', lab.server.ca, '--allow-plain',
            '--resource', 'r', '--password-stdin'), kwargs={'stdin': 'any\n'})
        adding.start()
        stream = lab.server.accept()
        stream.log_in(cls.jid + '/r')
        adding.join()
        stream.close()

    def account(self, bus):
        return next(path for path in self.managed(bus) if '/accounts/' in path)

    def connect(self, bus, how):
        """Connect(), with `how` speaking for the server. Returns the stream and what Connect() answered."""
        account = self.account(bus)
        bus.call(DAEMON, account, ACCOUNT, 'Disconnect')
        serial = bus.send(DAEMON, account, ACCOUNT, 'Connect')
        while True:
            stream = self.lab.server.accept()
            try:
                how(stream)
            except ConnectionError:
                continue    # one that was given up before we took it
            return stream, self.answered(bus, serial, 'Connect')

    def test_errors_of_a_login(self):
        bus = self.bus()
        texts = ['a\ufdd0b', '\U0001fffe', 'я' * 600, 'a\x85\u202eb', '']

        def before_tls(text):
            def say(stream):
                stream.open(None)
                stream.stream_error('undefined-condition', escape(text))
            return say

        def after_tls(text):
            def say(stream):
                stream.start_tls()
                stream.stream_error('undefined-condition', escape(text))
            return say

        def by_sasl(text):
            def say(stream):
                stream.start_tls()
                stream.sasl_failure('temporary-auth-failure', escape(text))
            return say

        for door in (before_tls, after_tls, by_sasl):
            for text in texts:
                with self.subTest(door=door.__name__, text=text):
                    stream, answer = self.connect(bus, door(text))
                    stream.close()
                    self.assertIsNone(answer)
                    bus.call(DAEMON, self.account(bus), PROPERTIES, 'GetAll', 's', (ACCOUNT,))
            self.tried(door.__name__, len(texts))

    def test_what_contacts_are_and_do(self):
        bus = self.bus()
        texts = [text for text in XML_TEXTS if len(text.encode()) <= 1023]
        account = self.account(bus)
        stream, answer = self.connect(bus, lambda stream: self.log_in(stream, texts))
        self.addCleanup(stream.close)
        self.assertEqual(answer, ())

        def contacts():
            return bus.call(DAEMON, account, ACCOUNT, 'ListContacts', 'a{sv}', ({},))[0]

        # A resource is any text; where ours is not one for us, the contact is just not there.
        for i, text in enumerate(texts):
            stream.send(f"<presence from={quoteattr(f'c{i}@raw.test/' + text if text else f'c{i}@raw.test')}>"
                        f'<status>{escape(text)}</status></presence>')
        stream.serve_until('all contacts', lambda: len(contacts()) == len(texts))
        self.tried('roster name', len(texts))
        self.tried('resource', len(texts))

        # Offers, each by a contact of its own.
        for i, text in enumerate(texts):
            attribute = quoteattr(text)
            offer = si_offer(f's{i}', 'a' + text, 5, (IBB,), f' date={attribute}').replace(
                f"size='5' date={attribute}/>", f"size='5'><desc>{escape(text)}</desc></file>").replace(
                f"<si xmlns='{SI}'", f"<si xmlns='{SI}' mime-type={attribute}")
            stream.send(f"<iq type='set' id='o{i}' to='{self.jid}/r' from='c{i}@raw.test/plain'>{offer}</iq>")
        stream.serve_until('offers', lambda: len(self.rows(bus)) >= len(texts) - 5, 30)
        self.managed(bus)
        for door in ('SI name', 'SI description', 'SI mime-type'):
            self.tried(door, len(texts))

        # Our own offers, each refused in odd words.
        source = self.lab.make_file('f.txt', 100)
        to = [f'c{i}@raw.test' for i in range(0, len(texts), 2)]
        for i in range(0, len(to), 3):
            stream.send(f"<presence from='{to[i]}/q'/>")
        bus.call(DAEMON, ROOT, MANAGER, 'SendUris', 'asasa{sv}', ([source.as_uri()], to, {}))
        stream.serve_until('refusals', lambda: stream.refused >= len(to) // 3, 30)
        self.tried('error text', stream.refused)
        self.managed(bus)
        rows = self.killed_and_back()
        self.assertTrue(any(fields['Error'][1] for fields in rows.values()))

    def log_in(self, stream, texts):
        stream.__class__ = OddStream
        stream.refused = 0
        stream.texts = itertools.cycle(texts)
        stream.roster = ''.join(f"<item jid='c{i}@raw.test' subscription='both' name={quoteattr(text)}>"
                                f'<group>{escape(text)}</group></item>' for i, text in enumerate(texts))
        stream.log_in(self.jid + '/r')


class Callers(AnyText):
    """What programs on this machine say, and what files are called."""

    lab_options = {'config': {'auto_accept': []}}

    @classmethod
    def prepare(cls):
        cls.lab.accept_from('bob', 'ann')

    def doors(self, text, account, job):
        """(path, interface, member, signature, arguments): every place in the API that takes a string."""
        v = ('s', text)
        long = len(text.encode()) > 4096
        jids = ['bob@xmppft.test']
        manager = [
            ('SendUris', 'asasa{sv}', ([text], jids, {})),
            ('SendUris', 'asasa{sv}', (['file:///' + text], jids, {})),
            ('SendUris', 'asasa{sv}', (['x://y' + text], jids, {})),
            ('SendUris', 'asasa{sv}', (['file:///etc/none'], [text], {})),
            ('SendUris', 'asasa{sv}', (['file:///etc/none'], ['bob@xmppft.test/' + text], {})),
            ('ListJobs', 'a{sv}assu', ({}, [text], '', 10)),
            ('ListJobs', 'a{sv}assu', ({}, [], text, 10)),
            ('ListJobs', 'a{sv}assu', ({text: v}, [], '', 10)),
            ('ControlJobs', 'sa{sv}a{sv}', (text, {'ids': ('at', [1])}, {})),
            ('ControlJobs', 'sa{sv}a{sv}', ('cancel', {text: v}, {})),
            ('ControlJobs', 'sa{sv}a{sv}', ('cancel', {'ids': ('at', [999999])}, {text: v})),
            ('WaitJobs', 'atst', ([job], text, 1)),
            ('AddAccount', 'sa{sv}', (text, {})),
            ('AddAccount', 'sa{sv}', ('x@' + text, {})),
            ('AddAccount', 'sa{sv}', ('no at', {text: v})),
            ('RemoveAccount', 'oa{sv}', ('/no', {text: v})),
        ]
        manager += [('SendUris', 'asasa{sv}', (['file:///etc/none'], jids, {key: v}))
                    for key in (text, 'name', 'description', 'batch')]
        manager += [('SendUris', 'asasa{sv}', (['file:///etc/none'], jids, {'methods': ('as', [text])}))]
        manager += [('ListJobs', 'a{sv}assu', ({key: v}, ['Name'], '', 10))
                    for key in ('batch', 'direction', 'peer', 'text', 'sort')]
        manager += [('ListJobs', 'a{sv}assu', ({'state': ('as', [text])}, [], '', 10))]
        manager += [('ControlJobs', 'sa{sv}a{sv}', ('remove', {key: v, 'ids': ('at', [999999])}, {}))
                    for key in ('batch', 'direction', 'peer', 'text')]
        # `enabled` is of the wrong type, so that no account comes of it.
        manager += [('AddAccount', 'sa{sv}', ('x@xmppft.test', {key: v, 'enabled': v}))
                    for key in ('resource', 'server', 'ca_file', 'pin', 'ip_policy')]
        on_account = [
            ('Update', 'a{sv}', ({text: v},)),
            ('ListContacts', 'a{sv}', ({'text': v},)),
            ('ListContacts', 'a{sv}', ({text: v},)),
            ('RemoveContact', 's', (text or 'x',)),
            ('ApproveContact', 's', (text,)),
            ('DenyContact', 's', (text,)),
            ('AddContact', 'sa{sv}', (text + '@', {})),
            ('AddContact', 'sa{sv}', ('c@xmppft.test', {text: v})),
            ('AddContact', 'sa{sv}', ('c@xmppft.test', {'name': v})),
        ]
        on_account += [('Update', 'a{sv}', ({key: v, 'enabled': v},))
                       for key in ('resource', 'server', 'ca_file', 'pin', 'ip_policy')]
        on_job = [('Accept', 'a{sv}', ({key: v},)) for key in (text, 'uri', 'name', 'on_exists')]
        on_job += [('Decline', 'a{sv}', ({text: v},))]
        rules = [{key: v, 'max_size': ('t', 1)} for key in (text, 'from', 'directory', 'on_exists')]
        rules += [{'from': ('s', 'c@xmppft.test'), 'mime': ('as', [text])}] if long else []
        found = [(ROOT, MANAGER, *each) for each in manager]
        found += [(account, ACCOUNT, *each) for each in on_account]
        found += [(f'{ROOT}/jobs/{job}', JOB, *each) for each in on_job]
        found += [(ROOT, PROPERTIES, 'Set', 'ssv', (MANAGER, 'AutoAccept', ('aa{sv}', [rule]))) for rule in rules]
        found += [(ROOT, PROPERTIES, 'Get', 'ss', (MANAGER, 'No' + text))]
        return found

    def test_every_argument_of_every_method(self):
        bus = self.bus('ann')
        source = self.lab.make_file('one.txt', 10)
        job = self.lab.ann.send(source, 'nobody@' + self.lab.server.domain)
        bus.call(DAEMON, ROOT, MANAGER, 'GetJob', 't', (job,))
        account = next(path for path in self.managed(bus) if '/accounts/' in path)
        for text in TEXTS:
            if '\0' in text:
                continue
            calls = self.doors(text, account, job)
            serials = [bus.send(DAEMON, path, interface, member, signature, arguments)
                       for path, interface, member, signature, arguments in calls]
            for serial, call in zip(serials, calls):
                if call[1] == PROPERTIES and call[2] == 'Get':
                    self.assertRaises(BusError, bus.answer, serial)
                else:
                    self.answered(bus, serial, f'{call[2]} {ascii(text)[:100]} in {ascii(call[4])[:200]}')
        self.tried('D-Bus arguments', len(TEXTS) * len(calls))
        self.killed_and_back('ann')

    def test_names_and_stores_beside_descriptors(self):
        bus = self.bus('ann')
        account = next(path for path in self.managed(bus) if '/accounts/' in path)
        to = ['nobody@' + self.lab.server.domain]
        texts = TEXTS[::3]
        for text in texts:
            with tempfile.TemporaryFile() as file:
                calls = [bus.send(DAEMON, ROOT, MANAGER, 'SendFds', 'a(hs)asa{sv}', ([(0, text)], to, {}), [file.fileno()]),
                         bus.send(DAEMON, account, ACCOUNT, 'SetPassword', 'ha{sv}', (0, {'store': ('s', text + '!')}),
                                  [file.fileno()])]
            for serial in calls:
                self.answered(bus, serial, ascii(text)[:100])
        self.tried('SendFds, SetPassword', 2 * len(texts))
        self.killed_and_back('ann')

    def test_paths_of_any_bytes(self):
        bus = self.bus('ann')
        source = self.lab.make_file('two.txt', 10)
        job = self.lab.ann.send(source, 'nobody@' + self.lab.server.domain)
        bus.call(DAEMON, ROOT, MANAGER, 'GetJob', 't', (job,))
        names = any_text.file_names()
        for name in names:
            uri = 'file:///tmp/no such/'.replace(' ', '%20') + ''.join(f'%{byte:02x}' for byte in name)
            rule = {'from': ('s', 'c@xmppft.test'), 'directory': ('s', uri)}
            for path, interface, member, signature, arguments in (
                    (ROOT, MANAGER, 'SendUris', 'asasa{sv}', ([uri], ['bob@xmppft.test'], {})),
                    (f'{ROOT}/jobs/{job}', JOB, 'Accept', 'a{sv}', ({'uri': ('s', uri)},)),
                    (f'{ROOT}/jobs/{job}', JOB, 'Accept', 'a{sv}', ({'uri': ('s', uri + '/')},)),
                    (ROOT, PROPERTIES, 'Set', 'ssv', (MANAGER, 'AutoAccept', ('aa{sv}', [rule])))):
                serial = bus.send(DAEMON, path, interface, member, signature, arguments)
                self.answered(bus, serial, f'{member} {uri}')
        self.tried('paths', 4 * len(names))
        self.killed_and_back('ann')

    def test_every_option_of_the_command_line(self):
        raw = [b'\xff', b'a\xc3', b'\xed\xa0\x80', 'я'.encode() * 600, '\ufdd0'.encode(), '\U0001fffe'.encode(), b'\x1b[31m',
               b'']
        file = os.fsencode(self.lab.make_file('cli.txt', 10))
        to = [b'--to', b'bob@xmppft.test']
        lines = [lambda t: [b'send', file, *to, b'--name', t], lambda t: [b'send', file, *to, b'--description', t],
                 lambda t: [b'send', file, b'--to', b'a@b.test/' + t], lambda t: [b'send', b'/tmp/' + t, *to],
                 lambda t: [b'send', file, *to, b'--method', t], lambda t: [b'queue', b'list', b'--peer', t],
                 lambda t: [b'queue', b'list', b'--text', t], lambda t: [b'contacts', b'add', t],
                 lambda t: [b'contacts', b'list', t], lambda t: [b'policy', b'add', b'--from', t],
                 lambda t: [b'policy', b'add', b'--from', b'c@b.test', b'--into', b'/tmp/' + t],
                 lambda t: [b'account', b'show', t], lambda t: [b'why', t]]
        ann = self.lab.ann
        for line in lines:
            for text in raw:
                argv = [os.fsencode(ann.ctl_path), *line(text)]
                done = subprocess.run(argv, env=ann.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
                self.assertIn(done.returncode, (0, 1, 2, 3, 6, 7), (ascii(argv)[:300], done.stderr))
                done.stderr.decode()    # is text
        self.tried('command line', len(lines) * len(raw))

    def test_the_name_on_disk_of_what_a_peer_offers(self):
        raw, bob = RawPeer(self.lab.server, 'raw'), self.lab.bob
        self.addCleanup(raw.close)
        raw.presence()
        bob.ctl('contacts', 'add', self.lab.jid('raw'))
        raw.subscribe(self.lab.jid('bob'))
        raw.approve(self.lab.jid('bob'))
        into = self.lab.accept_from('bob', 'raw', self.lab.directory / 'bob' / 'data')
        target = raw.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') is None
                            and s.get('from', '').startswith(self.lab.jid('bob') + '/')).get('from')
        # Prosody's expat holds a longer tag back until more comes.
        names = [text for text in XML_TEXTS if len(text.encode()) <= 1024][::20]
        for i, text in enumerate(names):
            content = b'%d' % i * 10
            before = set(into.iterdir())
            answer = raw.offer(target, f's{i}', f'{i}' + text, len(content))
            self.assertEqual(answer.get('type'), 'result', ascii(text))
            raw.ibb_send(target, f's{i}', content)
            (arrived,) = wait_for('the file', lambda: {path for path in into.iterdir()
                                                       if not path.name.endswith('.part')} - before)
            self.assertEqual(arrived.read_bytes(), content)
            self.assertFalse(any_text.HIDDEN & set(arrived.name), ascii(arrived.name))
        self.tried('SI name to disk', len(names))
        self.killed_and_back('bob')

    def test_files_of_any_name_are_sent(self):
        folder = self.lab.files / 'named'
        folder.mkdir()
        names = any_text.file_names()
        names = names[::len(names) // 20] + names[-9:]
        sources = []
        for i, name in enumerate(names):
            path = os.path.join(os.fsencode(folder), name)
            with open(path, 'wb') as out:
                out.write(b'x' * (100 + i))   # several are shown under one name: their sizes differ
            sources.append(path)
        done = subprocess.run([self.lab.ann.ctl_path, '-q', 'send', *sources, '--to', self.lab.jid('bob')],
                              env=self.lab.ann.env, capture_output=True, check=True)
        ids = done.stdout.split()
        self.assertEqual(len(ids), len(sources))
        for job_id in ids:
            self.assertEqual(self.lab.ann.wait(int(job_id), 60)['state'], 'done')
        received = {sha256(path) for path in self.lab.bob.downloads.iterdir()}
        self.assertEqual({sha256(path) for path in sources} - received, set())
        for path in self.lab.bob.downloads.iterdir():
            self.assertTrue(any_text.is_bus_text(path.name), ascii(path.name))
        self.tried('file names sent', len(sources))
        self.killed_and_back('ann')
        self.killed_and_back('bob')


if __name__ == '__main__':
    unittest.main()
