# SPDX-License-Identifier: MIT
"""Clients name their streams as they like: {UUIDs}, base64, spaces; some use a name again. Others say
no with an error that says nothing. Each of them wants its file to arrive, or to be told."""

import os
import socket
import threading
from xml.sax.saxutils import escape

import rawpeer
from lab_case import LabCase
from process import wait_for
from rawpeer import CLIENT, IBB, S5B, SI, RawPeer, chosen_method, condition, read_exactly, socks_hash

# Not with tabs and line ends: Prosody hands those on as spaces.
SIDS = ('{3f2504e0-4f89-11d3-9a0c-0305e82c3301}', 'q83vEjRWeJCrze8+/w==', 'a b', ' lead', 'trail ', ' ',
        'it\'s "quoted" <&>', '&amp;', ']]>', '1/2', '%s', 'é', 'e\u0301', '™',
        'ﬁ', '\xa0', '\ufdd0', '😀', '\U0001ffff', '\u202eabc', 'x' * 128, 'x' * 129, 'y' * 1024)


def in_xml(text):
    return escape(text, {"'": '&apos;', '"': '&quot;'})


class StreamIds(LabCase):
    lab_options = {'users': ('bob',), 'raw_users': ('raw', 'eve')}

    @classmethod
    def prepare(cls):
        cls.bob = cls.lab.bob
        cls.raw, cls.eve = (cls.log_in(user) for user in ('raw', 'eve'))
        presence = cls.raw.expect(lambda s: s.tag == CLIENT + 'presence' and s.get('type') is None
                                  and s.get('from', '').startswith(cls.lab.jid('bob') + '/'))
        cls.target = presence.get('from')

    @classmethod
    def log_in(cls, user):
        cls.lab.accept_from('bob', user)
        peer = RawPeer(cls.lab.server, user)
        cls.addClassCleanup(peer.close)
        peer.presence()
        cls.bob.ctl('contacts', 'add', cls.lab.jid(user))
        peer.subscribe(cls.lab.jid('bob'))
        peer.approve(cls.lab.jid('bob'))
        return peer

    def offer(self, peer, sid, name, size, methods=(IBB,)):
        answer = peer.offer(self.target, in_xml(sid), name, size, methods)
        self.assertEqual(answer.get('type'), 'result', rawpeer.ET.tostring(answer))
        self.assertEqual(chosen_method(answer), methods[0])

    def assert_arrived(self, name, data):
        path = self.bob.downloads / name
        wait_for(name, path.exists)
        self.assertEqual(path.read_bytes(), data)

    def test_any_text_names_an_in_band_stream(self):
        for number, sid in enumerate(SIDS):
            with self.subTest(sid=sid):
                name, data = f'in-band {number}', os.urandom(5000)
                self.offer(self.raw, sid, name, len(data))
                self.raw.ibb_send(self.target, in_xml(sid), data)
                self.assert_arrived(name, data)

    def serve(self, digest, data):
        """A streamhost that wants this DST.ADDR. Returns its port."""
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)

        def answer():
            stream, _ = listener.accept()
            with stream:
                read_exactly(stream, 3)
                stream.sendall(b'\x05\x00')
                request = read_exactly(stream, 47)
                if request[5:45] != digest.encode():
                    return
                stream.sendall(b'\x05\x00' + request[2:])
                stream.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        return listener.getsockname()[1]

    def test_and_is_hashed_as_it_is_for_socks5(self):
        for number, sid in enumerate(SIDS):
            with self.subTest(sid=sid):
                name, data = f'socks5 {number}', os.urandom(5000)
                self.offer(self.raw, sid, name, len(data), (S5B,))
                port = self.serve(socks_hash(sid, self.raw.jid, self.target), data)
                answer = self.raw.request('set', self.target, (
                    f"<query xmlns='{S5B}' sid='{in_xml(sid)}' mode='tcp'><streamhost "
                    f"jid='{self.raw.jid}' host='127.0.0.1' port='{port}'/></query>"))
                self.assertEqual(answer.get('type'), 'result', rawpeer.ET.tostring(answer))
                self.assert_arrived(name, data)

    def test_over_1024_bytes_is_too_long(self):
        for payload in (rawpeer.si_offer('x' * 1025, 'long.bin', 5, (IBB,)),
                        f"<query xmlns='{S5B}' sid='{'x' * 1025}'/>",
                        f"<open xmlns='{IBB}' sid='{'x' * 1025}' block-size='4096'/>"):
            answer = self.raw.request('set', self.target, payload)
            self.assertEqual(condition(answer), 'bad-request', rawpeer.ET.tostring(answer))

    def test_an_iq_id_may_be_any_text(self):
        for iq_id in SIDS:
            with self.subTest(id=iq_id):
                self.raw.send(f"<iq type='get' id='{in_xml(iq_id)}' to='{self.target}'>"
                              f"<ping xmlns='{rawpeer.PING}'/></iq>")
                self.assertEqual(self.raw.answer_to(iq_id).get('type'), 'result')

    def test_a_sid_may_be_used_again_and_by_two_at_once(self):
        for number in range(3):
            data = os.urandom(1000)
            self.offer(self.raw, 'again', f'raw {number}', len(data))
            refused = self.raw.offer(self.target, 'again', 'meanwhile', 5)
            self.assertEqual(refused.get('type'), 'error')
            self.offer(self.eve, 'again', f'eve {number}', len(data))
            self.eve.ibb_send(self.target, 'again', data)
            self.raw.ibb_send(self.target, 'again', data)
            self.assert_arrived(f'raw {number}', data)
            self.assert_arrived(f'eve {number}', data)
        self.assertFalse((self.bob.downloads / 'meanwhile').exists())

    def test_an_error_that_says_nothing_is_an_answer(self):
        """One without any child is kept by Prosody."""
        for peer, inside in ((self.raw, '<error/>'), (self.eve, "<q xmlns='urn:x'/>")):
            with self.subTest(inside=inside):
                job = self.bob.send(self.lab.make_file('refused', 10), peer.jid)
                offer = peer.expect_request(f'{{{SI}}}si')
                peer.iq('error', offer.get('from'), inside, offer.get('id'))
                self.bob.wait_state(job, 'queued', 'failed', timeout=10)
                self.bob.ctl('queue', 'cancel', job)
