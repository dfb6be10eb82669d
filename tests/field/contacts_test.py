# SPDX-License-Identifier: MIT
"""Contacts that other programs take for strangers: resources of every kind of character, addresses
without a resource, a contact list of any length."""

import os
import unittest

from lab import Lab
from lab_case import LabCase
from process import wait_for
from rawcomponent import RawComponent
from rawpeer import CLIENT, RawPeer

# Prosody prepares resources; that a server need not is the scenario tests' business.
RESOURCES = ('iPhone™', 'ﬁsh', 'cafe\u0301', 'WORK', '👩\u200d👩\u200d👧', 'a b/c@d', '<&>\'"', 'x' * 1000)


class Contacts(LabCase):
    server = 'component-prosody'
    lab_options = {'users': ('bob',), 'raw_users': ('raw',)}

    @classmethod
    def prepare(cls):
        cls.bob = cls.lab.bob
        cls.target = cls.bob.json('status')['accounts'][0]['bound_jid']

    def befriend(self, peer, bare):
        """Both ways, and bob takes what it sends."""
        peer.presence()
        if self.resources(bare) is None:
            self.bob.ctl('contacts', 'add', bare)
            peer.subscribe(self.lab.jid('bob'))
            peer.approve(self.lab.jid('bob'))
            self.bob.ctl('policy', 'add', '--from', bare, '--into', self.bob.downloads)
        if isinstance(peer, RawComponent):   # nobody broadcasts for a component
            peer.presence(self.lab.jid('bob'))

    def exchange(self, peer, bare, name):
        wait_for(f'{peer.jid} online', lambda: self.resources(bare) == [peer.jid])
        data = os.urandom(10_000)
        answer = peer.offer(self.target, f'sid-{name}', f'{name}.in', len(data))
        self.assertEqual(answer.get('type'), 'result')
        peer.ibb_send(self.target, f'sid-{name}', data)
        job = next(job for job in self.bob.jobs() if job['name'] == f'{name}.in')
        self.assertEqual(self.bob.wait(job['id'], 30)['state'], 'done')
        self.assertEqual((self.bob.downloads / f'{name}.in').read_bytes(), data)
        source = self.lab.make_file(f'{name}.out', 10_000)
        for to in dict.fromkeys((bare, peer.jid)):
            job = self.bob.send(source, to)
            self.assertEqual(peer.ibb_receive(), source.read_bytes())
            self.assertEqual(self.bob.wait(job, 30)['state'], 'done')

    def resources(self, bare):
        contacts = self.bob.json('contacts')['contacts']
        return next((c['resources'] for c in contacts if c['jid'] == bare), None)

    def test_a_resource_of_any_characters(self):
        for number, resource in enumerate(RESOURCES):
            with self.subTest(resource), RawPeer(self.lab.server, 'raw', resource) as peer:
                self.befriend(peer, self.lab.jid('raw'))
                self.exchange(peer, self.lab.jid('raw'), f'raw{number}')
            wait_for('raw offline', lambda: self.resources(self.lab.jid('raw')) == [])

    def test_an_address_without_resource(self):
        for user in ('public', ''):
            with self.subTest(user or 'the domain itself'), \
                    RawComponent(self.lab.server, user) as peer:
                self.befriend(peer, peer.jid)
                self.exchange(peer, peer.jid, f'component-{user}')
                peer.presence(self.lab.jid('bob'), 'unavailable')
                wait_for('offline', lambda jid=peer.jid: self.resources(jid) == [])


class LongContactList(LabCase):
    """12,000 contacts in ten groups each, over 100,000 elements: all of them count, one of them is
    there."""

    contacts = 12_000
    groups = 10

    @classmethod
    def make_lab(cls):
        lab = Lab(users=('ann',), raw_users=('raw',))
        folder = lab.server.data / 'roster'
        folder.mkdir()
        groups = ', '.join(f'["group of friends {n}"] = true' for n in range(cls.groups))
        # Prosody takes half a minute to tell thousands that ann is there, so most see nothing of her.
        contacts = [(f'friend{n}@elsewhere.test', 'none') for n in range(cls.contacts - 1)]
        contacts.insert(len(contacts) // 2, (lab.jid('raw'), 'both'))
        rows = ''.join(f'["{jid}"] = {{ subscription = "{word}", groups = {{ {groups} }} }};\n'
                       for jid, word in contacts)
        (folder / 'ann.dat').write_text('return { [false] = { version = 1 };\n' + rows + '};\n')
        (folder / 'raw.dat').write_text(
            'return { [false] = { version = 1 }; '
            f'["{lab.jid("ann")}"] = {{ subscription = "both", groups = {{}} }} }};\n')
        return lab

    @classmethod
    def prepare(cls):
        pass

    def test_a_long_contact_list_comes_whole(self):
        ann = self.lab.ann
        wait_for('all contacts', lambda: len(ann.json('contacts')['contacts']) == self.contacts, 60)
        self.assertIsNone(ann.json('status')['accounts'][0]['warning'])
        with RawPeer(self.lab.server, 'raw') as raw:
            raw.presence()
            raw.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') is None
                       and s.get('from', '').startswith(self.lab.jid('ann')), 60)
            wait_for('raw online', lambda: self.lab.jid('raw') in ann.contacts_online(), 60)
            source = self.lab.make_file('to-one-of-many', 1000)
            job = ann.send(source, self.lab.jid('raw'))
            self.assertEqual(raw.ibb_receive(), source.read_bytes())
            self.assertEqual(ann.wait(job, 30)['state'], 'done')


class Jabberd2(LabCase):
    """A server that answers disco#info in its users' place, and has no proxy."""

    server = 'jabberd2'

    def test_two_daemons_exchange_files(self):
        for way in ('si-socks5/direct', 'si-ibb'):
            with self.subTest(way):
                source = self.lab.make_file(f'{way.replace("/", "-")}.bin', 200_000)
                job = self.lab.ann.send(source, self.lab.jid('bob'), '--method', way)
                self.assert_delivered(self.lab.ann.wait(job, 60), source)


if __name__ == '__main__':
    unittest.main()
