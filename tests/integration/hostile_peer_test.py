# SPDX-License-Identifier: MIT
"""A peer that lies, spoofs or misbehaves gets an error; nothing else is disturbed."""

import hashlib
import os
import socket
import threading
import unittest

import rawpeer
from lab_case import LabCase, sha256
from process import wait_for
from rawpeer import IBB, S5B, SI, CLIENT, RawPeer, chosen_method, condition

SI_TAG = f'{{{SI}}}si'
S5B_QUERY = f'{{{S5B}}}query'


class HostilePeer(LabCase):
    lab_options = {'users': ('bob',), 'raw_users': ('raw', 'eve')}

    @classmethod
    def prepare(cls):
        cls.bob = cls.lab.bob
        cls.raw = cls.log_in('raw')
        cls.eve = cls.log_in('eve')
        cls.lab.accept_from('bob', 'raw')
        cls.target = cls.bob_resource()
        cls.sids = 0

    @classmethod
    def log_in(cls, user):
        peer = RawPeer(cls.lab.server, user)
        cls.addClassCleanup(peer.close)
        peer.presence()
        cls.bob.ctl('contacts', 'add', cls.lab.jid(user))
        peer.subscribe(cls.lab.jid('bob'))
        peer.approve(cls.lab.jid('bob'))
        return peer

    @classmethod
    def bob_resource(cls):
        presence = cls.raw.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') is None
                                  and s.get('from', '').startswith(cls.lab.jid('bob') + '/'))
        return presence.get('from')

    def new_sid(self):
        type(self).sids += 1
        return f'sid{self.sids}-{os.getpid()}'

    def offered(self, name, size, methods=(IBB,), extra=''):
        """Makes an offer that is accepted. Returns its sid."""
        sid = self.new_sid()
        answer = self.raw.offer(self.target, sid, name, size, methods, extra)
        self.assertEqual(answer.get('type'), 'result', rawpeer.ET.tostring(answer))
        self.assertEqual(chosen_method(answer), methods[0])
        return sid

    def job_named(self, name):
        return next(job for job in self.bob.jobs() if job['name'] == name)

    def wait_ended(self, name):
        return self.bob.wait(self.job_named(name)['id'], 30)

    def refused(self, answer):
        self.assertEqual(answer.get('type'), 'error', rawpeer.ET.tostring(answer))
        return condition(answer)

    def deliver_by_ibb(self, name, data, **kwargs):
        sid = self.offered(name, len(data))
        self.raw.ibb_send(self.target, sid, data, **kwargs)
        self.assertEqual(self.wait_ended(name)['state'], 'done')
        self.assertEqual((self.bob.downloads / name).read_bytes(), data)

    # --- names ---

    def deliver_named(self, offered_name):
        data = os.urandom(100)
        before = set(self.bob.downloads.iterdir())
        sid = self.offered(offered_name, len(data))
        self.raw.ibb_send(self.target, sid, data)
        new = wait_for('the file', lambda: {path for path in self.bob.downloads.iterdir()
                                            if not path.name.endswith('.part')} - before)
        (arrived,) = new
        self.assertEqual(arrived.read_bytes(), data)
        return arrived.name

    def test_a_name_with_folders_stays_in_the_folder(self):
        self.assertEqual(self.deliver_named('../../x'), 'x')
        self.assertFalse((self.bob.directory.parent / 'x').exists())
        self.assertEqual(self.deliver_named('/etc/passwd-not'), 'passwd-not')

    def test_odd_names_become_harmless(self):
        for name in ('..', '.', '.bashrc', 'a/', '-rf', 'tab\there', 'b' * 500, '\u202etxt.exe'):
            with self.subTest(name=name):
                arrived = self.deliver_named(name)
                self.assertNotIn('/', arrived)
                self.assertFalse(arrived.startswith('.'), arrived)
                self.assertLessEqual(len(arrived.encode()), 255)
                self.assertNotIn('\u202e', arrived)

    def test_an_existing_file_is_never_overwritten(self):
        self.deliver_by_ibb('twice.txt', b'first')
        sid = self.offered('twice.txt', 6)
        self.raw.ibb_send(self.target, sid, b'second')
        wait_for('a second file', lambda: len(list(self.bob.downloads.glob('twice*'))) == 2)
        self.assertEqual((self.bob.downloads / 'twice.txt').read_bytes(), b'first')

    # --- sizes and hashes ---

    def assert_nothing_arrived(self, name):
        self.assertFalse((self.bob.downloads / name).exists())

    def test_more_bytes_than_offered_are_refused(self):
        sid = self.offered('too-long.bin', 100)
        self.assertEqual(self.raw.ibb_open(self.target, sid).get('type'), 'result')
        answer = self.raw.answer_to(self.raw.ibb_data(self.target, sid, 0, bytes(200)))
        self.refused(answer)
        self.assertEqual(self.wait_ended('too-long.bin')['state'], 'failed')
        self.assert_nothing_arrived('too-long.bin')

    def test_fewer_bytes_than_offered_are_not_a_file(self):
        sid = self.offered('too-short.bin', 100)
        self.raw.ibb_open(self.target, sid)
        self.raw.answer_to(self.raw.ibb_data(self.target, sid, 0, bytes(50)))
        self.raw.ibb_close(self.target, sid)
        wait_for('the stream to count as lost',
                 lambda: self.job_named('too-short.bin')['state'] in ('failed', 'queued'))
        self.assert_nothing_arrived('too-short.bin')

    def test_a_wrong_hash_is_not_a_file(self):
        wrong = hashlib.md5(b'something else').hexdigest()
        sid = self.offered('wrong-hash.bin', 5, extra=f" hash='{wrong}'")
        self.raw.ibb_open(self.target, sid)
        self.raw.ibb_data(self.target, sid, 0, b'hello')
        self.raw.ibb_close(self.target, sid)
        job = self.wait_ended('wrong-hash.bin')
        self.assertEqual((job['state'], job['reason']), ('failed', 'hash-mismatch'))
        self.assert_nothing_arrived('wrong-hash.bin')

    def test_a_right_hash_in_capitals_is_right(self):
        right = hashlib.md5(b'hello').hexdigest().upper()
        sid = self.offered('right-hash.bin', 5, extra=f" hash='{right}'")
        self.raw.ibb_send(self.target, sid, b'hello')
        self.assertEqual(self.wait_ended('right-hash.bin')['state'], 'done')

    def test_bad_sizes_are_refused(self):
        for size in ('-1', '1e9', '99999999999999999999', '', 'many'):
            with self.subTest(size=size):
                self.refused(self.raw.offer(self.target, self.new_sid(), 'size.bin', size))

    # --- IBB ---

    def test_sixty_five_thousand_blocks_and_some_more(self):
        data = os.urandom(65_600 * 64)
        self.deliver_by_ibb('many-blocks.bin', data, block_size=64, window=64)

    def test_a_block_out_of_order_ends_the_stream(self):
        sid = self.offered('order.bin', 100)
        self.raw.ibb_open(self.target, sid)
        self.raw.answer_to(self.raw.ibb_data(self.target, sid, 0, bytes(10)))
        self.refused(self.raw.answer_to(self.raw.ibb_data(self.target, sid, 5, bytes(10))))
        wait_for('the end', lambda: self.job_named('order.bin')['state'] in ('failed', 'queued'))
        self.assert_nothing_arrived('order.bin')

    def test_blocks_of_a_third_party_do_not_get_in(self):
        data = os.urandom(1000)
        sid = self.offered('injected.bin', len(data))
        self.raw.ibb_open(self.target, sid)
        self.raw.answer_to(self.raw.ibb_data(self.target, sid, 0, data[:500]))
        self.refused(self.eve.answer_to(self.eve.ibb_data(self.target, sid, 1, b'x' * 500)))
        self.refused(self.eve.ibb_close(self.target, sid))
        self.raw.answer_to(self.raw.ibb_data(self.target, sid, 1, data[500:]))
        self.raw.ibb_close(self.target, sid)
        self.assertEqual(self.wait_ended('injected.bin')['state'], 'done')
        self.assertEqual((self.bob.downloads / 'injected.bin').read_bytes(), data)

    def test_a_stream_nobody_agreed_to_is_refused(self):
        self.refused(self.raw.ibb_open(self.target, 'never-offered'))
        self.refused(self.raw.request('set', self.target, f"<query xmlns='{S5B}' sid='never-offered'>"
                                      "<streamhost jid='x@y/z' host='127.0.0.1' port='1'/></query>"))

    def test_broken_blocks_are_refused(self):
        sid = self.offered('broken.bin', 100)
        self.raw.ibb_open(self.target, sid)
        answer = self.raw.request('set', self.target,
                                  f"<data xmlns='{IBB}' sid='{sid}' seq='0'>not base64!</data>")
        self.refused(answer)
        self.assert_nothing_arrived('broken.bin')

    # --- offers ---

    def test_a_sid_in_use_is_refused_and_the_stream_goes_on(self):
        data = os.urandom(1000)
        sid = self.offered('same-sid.bin', len(data))
        self.refused(self.raw.offer(self.target, sid, 'other.bin', 10))
        self.raw.ibb_send(self.target, sid, data)
        self.assertEqual(self.wait_ended('same-sid.bin')['state'], 'done')

    def test_only_unknown_methods_is_no_valid_streams(self):
        answer = self.raw.offer(self.target, self.new_sid(), 'm.bin', 10, methods=('urn:x:unknown',))
        self.refused(answer)
        self.assertIsNotNone(answer.find('.//{http://jabber.org/protocol/si}no-valid-streams'))

    def test_a_foreign_profile_is_bad_profile(self):
        offer = rawpeer.si_offer(self.new_sid(), 'p.bin', 10, (IBB,)).replace(
            f"profile='{rawpeer.FILE}'", "profile='urn:x:other'")
        answer = self.raw.request('set', self.target, offer)
        self.refused(answer)
        self.assertIsNotNone(answer.find('.//{http://jabber.org/protocol/si}bad-profile'))

    def test_an_unasked_request_gets_service_unavailable(self):
        answer = self.raw.request('get', self.target, "<query xmlns='urn:x:nothing'/>")
        self.assertEqual(self.refused(answer), 'service-unavailable')

    # --- SOCKS5 ---

    def test_streamhosts_that_lead_nowhere_are_item_not_found(self):
        sid = self.offered('nowhere.bin', 10, methods=(S5B,))
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))   # bound, not listening: refused at once
            answer = self.raw.request(
                'set', self.target,
                f"<query xmlns='{S5B}' sid='{sid}' mode='tcp'><streamhost jid='{self.raw.jid}' "
                f"host='127.0.0.1' port='{closed.getsockname()[1]}'/></query>", timeout=60)
        self.assertEqual(self.refused(answer), 'item-not-found')

    def test_reply_and_payload_in_one_segment_are_told_apart(self):
        data = os.urandom(5000)
        sid = self.offered('glued.bin', len(data), methods=(S5B,))
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(20)

        def serve():
            stream, _ = listener.accept()
            with stream:
                rawpeer.read_exactly(stream, 3)
                stream.sendall(b'\x05\x00')
                request = rawpeer.read_exactly(stream, 47)
                stream.sendall(b'\x05\x00' + request[2:] + data)
                stream.shutdown(socket.SHUT_WR)
                stream.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        answer = self.raw.request(
            'set', self.target,
            f"<query xmlns='{S5B}' sid='{sid}' mode='tcp'><streamhost jid='{self.raw.jid}' "
            f"host='127.0.0.1' port='{listener.getsockname()[1]}'/></query>")
        self.assertEqual(answer.get('type'), 'result', rawpeer.ET.tostring(answer))
        self.assertEqual(self.wait_ended('glued.bin')['state'], 'done')
        self.assertEqual((self.bob.downloads / 'glued.bin').read_bytes(), data)
        thread.join()
        listener.close()

    # --- as a receiver of what bob sends ---

    def bob_sends(self, name, size, method):
        source = self.lab.make_file(name, size)
        job_id = self.bob.send(source, self.raw.jid, '--method', method)
        offer = self.raw.expect_request(SI_TAG)
        return source, job_id, offer

    def test_a_forged_streamhost_used_gets_nothing(self):
        _, job_id, offer = self.bob_sends('forged.bin', 1000, 'si-socks5')
        self.raw.result(offer, rawpeer.si_choice(S5B))
        hosts = self.raw.expect_request(S5B_QUERY)
        sid = hosts.find(S5B_QUERY).get('sid')
        self.raw.result(hosts, f"<query xmlns='{S5B}' sid='{sid}'>"
                        "<streamhost-used jid='evil.example'/></query>")
        wait_for('the attempt to fail', lambda: self.bob.job(job_id)['state'] != 'active')
        self.assertEqual(self.bob.job(job_id)['transferred_bytes'], 0)
        self.bob.run('queue', 'cancel', job_id)

    def test_a_method_that_was_not_offered_gets_nothing(self):
        _, job_id, offer = self.bob_sends('not-offered.bin', 1000, 'si-ibb')
        self.raw.result(offer, rawpeer.si_choice(S5B))
        wait_for('the attempt to fail', lambda: self.bob.job(job_id)['state'] not in
                 ('offered', 'connecting', 'active'))
        self.bob.run('queue', 'cancel', job_id)

    def test_a_decline_is_told_as_declined(self):
        _, job_id, offer = self.bob_sends('declined.bin', 1000, 'si-ibb')
        self.raw.error(offer, 'forbidden')
        job = self.bob.wait(job_id, 30)
        self.assertEqual((job['state'], job['reason']), ('failed', 'declined'))

    def test_smaller_blocks_are_agreed_on_request(self):
        source, job_id, offer = self.bob_sends('small-blocks.bin', 10_000, 'si-ibb')
        self.raw.result(offer, rawpeer.si_choice(IBB))
        data, block_size = self.receive_ibb(largest=1024)
        self.assertLessEqual(block_size, 1024)
        self.assertEqual(hashlib.sha256(data).hexdigest(), sha256(source))
        self.assertEqual(self.bob.wait(job_id, 30)['state'], 'done')

    def receive_ibb(self, largest):
        """Takes one IBB stream, blocks of at most `largest` bytes. Returns (bytes, block size)."""
        while True:
            opening = self.raw.expect_request(f'{{{IBB}}}open')
            block_size = int(opening.find(f'{{{IBB}}}open').get('block-size'))
            if block_size <= largest:
                break
            self.raw.error(opening, 'resource-constraint', 'modify')
        self.raw.result(opening)
        sid = opening.find(f'{{{IBB}}}open').get('sid')
        data = b''
        while True:
            # Of this stream: earlier tests may have left the <close/> of theirs.
            request = self.raw.expect(lambda s: s.tag == CLIENT + 'iq' and s.get('type') == 'set' and any(
                child.tag in (f'{{{IBB}}}data', f'{{{IBB}}}close') and child.get('sid') == sid for child in s))
            self.raw.result(request)
            block = request.find(f'{{{IBB}}}data')
            if block is None:
                return data, block_size
            data += rawpeer.base64.b64decode(block.text)


class Stranger(LabCase):
    """Somebody who is no contact learns nothing, not even that a daemon is there (ST5)."""

    lab_options = {'users': ('bob',), 'raw_users': ('eve',)}

    @classmethod
    def prepare(cls):
        cls.eve = RawPeer(cls.lab.server, 'eve')
        cls.addClassCleanup(cls.eve.close)
        cls.eve.presence()
        cls.target = cls.lab.bob.json('account', 'list')['accounts'][0]['bound_jid']

    def shape(self, answer):
        """The answer without what differs by nature."""
        answer.attrib.pop('id')
        return [(element.tag, dict(element.attrib), element.text) for element in answer.iter()]

    def test_every_request_gets_the_same_refusal(self):
        requests = [('get', "<query xmlns='urn:x:nothing'/>"),
                    ('get', f"<query xmlns='{rawpeer.DISCO_INFO}'/>"),
                    ('get', "<ping xmlns='urn:xmpp:ping'/>"),
                    ('set', rawpeer.si_offer('s1', 'x', 10, (IBB,))),
                    ('set', f"<open xmlns='{IBB}' sid='s' block-size='4096'/>"),
                    ('set', "<query xmlns='jabber:iq:roster'><item jid='eve@x'/></query>")]
        shapes = [self.shape(self.eve.request(kind, self.target, payload)) for kind, payload in requests]
        for shape in shapes:
            self.assertIn(f'{{{rawpeer.STANZAS}}}service-unavailable', [tag for tag, _, _ in shape])
            self.assertEqual([row for row in shape if 'error' in row[0] or 'service' in row[0]],
                             [row for row in shapes[0] if 'error' in row[0] or 'service' in row[0]])
        self.assertEqual(self.lab.bob.jobs(), [], 'no state is kept of a stranger')

    def test_a_roster_push_of_a_stranger_changes_nothing(self):
        self.eve.request('set', self.target, "<query xmlns='jabber:iq:roster'>"
                         f"<item jid='{self.lab.jid('eve')}' subscription='both'/></query>")
        self.assertEqual(self.lab.bob.json('contacts')['contacts'], [])

    def test_a_subscription_request_waits_for_the_user(self):
        self.eve.subscribe(self.lab.jid('bob'))
        wait_for('the request', lambda: self.lab.bob.json('contacts')['pending'])
        self.lab.bob.ctl('contacts', 'deny', self.lab.jid('eve'))
        wait_for('it to be gone', lambda: not self.lab.bob.json('contacts')['pending'])


if __name__ == '__main__':
    unittest.main()
