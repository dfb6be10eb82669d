# SPDX-License-Identifier: MIT
"""The lines break, not the daemons: sessions are lost while streams run, the SOCKS5 proxy dies, and networks cut
bytes up, glue them, change them and end connections at any byte."""

import time
import unittest

from chaos import END, HALF_END, RESET, Manner
from examine import Watch, check_end, check_names
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from lab import METHODS
from process import Invalid, wait_for
from trap import Trap

SOCKS5_REPLIES = 2 + 47   # bytes, to method selection and CONNECT


class BrokenLine(FaultCase):
    def setUp(self):
        self.mend()
        for user in self.lab.daemons:
            self.lab.wait_contacts_online(user, 60)

    def mend(self):
        for chaos in self.lab.chaoses:
            chaos.up.manner = chaos.down.manner = Manner()
            chaos.up.go()
            chaos.down.go()
            if not chaos.door:
                chaos.open()

    def test_sessions_lost_while_streams_run(self):
        self.repeat(3, self.sessions_lost)

    def sessions_lost(self, chance, totals, number):
        """SOCKS5 streams go on, in-band ones after the session is back."""
        lab = self.lab
        files = self.a_file_by_each_method(chance, number)
        trigger = chance.choice(METHODS)
        byte = on_wire(trigger, chance.random() * files[trigger].stat().st_size)
        users = chance.choice((['ann'], ['bob'], ['ann', 'bob']))
        before = lab.sent()
        trap = Trap(lab.stream_of(trigger), byte, kills=False)
        with Watch(lab.bob.downloads, files.values(), totals):
            ids = [lab.ann.send(source, lab.jid('bob'), '--method', method) for method, source in files.items()]
            trap.wait()
            for user in users:
                lab.c2s[user].shut()
                lab.c2s[user].reset()
            time.sleep(chance.uniform(0, 1))
            running = {job_id: lab.ann.job(job_id)['state'] for job_id in ids}
            for user in users:
                lab.c2s[user].open()
            self.wait_ended(ids)
        for (method, source), job_id in zip(files.items(), ids):
            totals.faults[f'{method} {running[job_id]}'] += 1
            if method != 'si-ibb' and running[job_id] == 'active':
                said = [entry['what'] for entry in lab.ann.history(job_id)]
                if said.count('active') > 1:
                    totals.blame('resent', f'{source.name} by {method} began again: {said}')
        self.count_sent_again(files, before, {source.name: 'active' for source in files.values()}, totals)
        check_end(lab, ids, files.values(), lab.bob.downloads, totals)
        self.tidy(files.values())

    def test_the_proxy_dies(self):
        self.repeat(4, self.proxy_dies)

    def proxy_dies(self, chance, totals, number):
        """Before its replies, in them, after its activation: another way is taken, or it goes on when it is back."""
        lab, proxy = self.lab, self.lab.socks5
        size = int(MIB * chance.uniform(1, 16))
        source = lab.make_file(f'{number}-proxy.bin', size, chance.random())
        fate = ('refuses', 'within its replies', 'in the middle', 'at the end')[number % 4]
        lab.hosts['ann'].shut()
        before = sum(lab.sent().values())
        trap = None
        if fate == 'refuses':
            proxy.shut()
        elif fate == 'within its replies':
            proxy.down.manner = Manner(cut_at=chance.randrange(SOCKS5_REPLIES), cut=chance.choice((RESET, END)))
        else:
            at = chance.randrange(size) if fate == 'in the middle' else size - 1
            trap = Trap(proxy.up, at, kills=False)
            proxy.up.at(at, proxy.reset)
        cuts = proxy.down.cuts
        job_id = lab.ann.send(source, lab.jid('bob'))
        if trap:
            trap.wait()
        self.wait_ended([job_id])
        if fate == 'within its replies' and proxy.down.cuts == cuts:
            raise Invalid('the proxy was not asked')
        totals.faults[fate] += 1
        self.mend()
        totals.sent_again(max(0, sum(lab.sent().values()) - before - size), f'{source.name}, the proxy {fate}')
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def test_any_network(self):
        self.repeat(12, self.any_network)

    def any_network(self, chance, totals, number):
        """One connection of a stream is treated so; the next, if there is one, well."""
        lab = self.lab
        method = chance.choice(('si-socks5/direct', 'si-socks5/proxy'))
        chaos = lab.hosts['ann'] if method == 'si-socks5/direct' else lab.socks5
        flow = chance.choice((chaos.up, chaos.down))
        size = int(2**chance.uniform(0, 22))
        source = lab.make_file(f'{number}-any.bin', size, chance.random())
        place = chance.choice((chance.randrange(SOCKS5_REPLIES), chance.randrange(size + SOCKS5_REPLIES),
                               size + SOCKS5_REPLIES))
        what, manner = chance.choice((
            ('byte by byte', Manner(piece=1, head=1000)), ('glued', Manner(glue=0.1)),
            ('slow', Manner(pause=0.05)), ('flipped', Manner(flip_at=place)),
            ('reset', Manner(cut_at=place, cut=RESET)), ('ended', Manner(cut_at=place, cut=END)),
            ('half ended', Manner(cut_at=place, cut=HALF_END))))
        known = set(chaos.links)
        flow.manner = manner
        with Watch(lab.bob.downloads, [source], totals):
            job_id = lab.ann.send(source, lab.jid('bob'), '--method', method)
            wait_for('a connection', lambda: set(chaos.links) - known or self.has_ended(job_id), 60)
            flow.manner = Manner()
            self.wait_ended([job_id], 180)
        job = lab.ann.job(job_id)
        totals.faults[f'{what}: {job["state"]}'] += 1
        check_names(lab.bob.downloads, [source], totals, what)
        if what == 'flipped' and job['state'] == 'failed':
            for path in lab.bob.downloads.glob('.xmppft-*.bad'):
                path.unlink()
        else:
            check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def has_ended(self, job_id):
        return self.lab.ann.job(job_id)['finished_at'] is not None


if __name__ == '__main__':
    unittest.main()
