# SPDX-License-Identifier: MIT
"""The server loses, doubles and reorders answers, and its proxy does not activate streams: whatever waits for an
answer does so within its time, takes another way or another try, and the file arrives once."""

import re
import unittest

from examine import Watch, check_end
from fault_case import MIB, FaultCase
from lab import METHODS
from middleman import Middleman, pass_on
from process import Invalid

PACE = 10
ANSWER = re.compile(rb"<iq\b[^>]*\btype=['\"](result|error)['\"]")
REFUSED = (b"<iq type='error' id='%s' from='%s'><error type='cancel'>"
           b"<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")


def attribute(stanza, name):
    return re.search(rb"<iq\b[^>]*\b%s=['\"]([^'\"]*)" % name, stanza)[1]


class TamperedStanzas(FaultCase):
    lab_options = {'clocked': True}

    @classmethod
    def make_lab(cls):
        lab = super().make_lab()
        cls.middleman = Middleman(lab.server)
        cls.addClassCleanup(cls.middleman.close)
        for chaos in lab.c2s.values():
            chaos.target = ('127.0.0.1', cls.middleman.port)
        return lab

    def tearDown(self):
        self.middleman.treat = pass_on
        self.lab.clock.run(1)
        self.lab.hosts['ann'].door or self.lab.hosts['ann'].open()

    def test_answers_lost_doubled_and_reordered(self):
        self.repeat(2, self.answers)

    def answers(self, chance, totals, number):
        lab = self.lab
        harms = 8

        def treat(stanza, goes_up):
            nonlocal harms
            if goes_up or not harms or not ANSWER.match(stanza) or chance.random() > 0.15:
                return pass_on(stanza, goes_up)
            harms -= 1
            kind = chance.choice(('lost', 'doubled', 'late'))
            totals.faults[kind] += 1
            if kind == 'lost':
                return []
            return [(chance.uniform(0, 0.5), False, stanza)] * (2 if kind == 'doubled' else 1)

        files = {method: lab.make_file(f'{number}-{method.rpartition("/")[2]}.bin', int(MIB * chance.uniform(0.1, 2)),
                                       chance.random()) for method in METHODS}
        self.middleman.treat = treat
        lab.clock.run(PACE)
        with Watch(lab.bob.downloads, files.values(), totals):
            ids = [lab.ann.send(source, lab.jid('bob'), '--method', method) for method, source in files.items()]
            self.wait_ended(ids)
        self.middleman.treat = pass_on
        if harms == 8:
            raise Invalid('no answer was touched')
        check_end(lab, ids, files.values(), lab.bob.downloads, totals)
        self.tidy(files.values())

    def test_the_proxy_does_not_activate(self):
        self.repeat(2, self.not_activated)

    def not_activated(self, chance, totals, number):
        lab = self.lab
        fate = ('refuses', 'never answers')[number % 2]
        asked = 0

        def treat(stanza, goes_up):
            nonlocal asked
            if not goes_up or b'<activate' not in stanza:
                return pass_on(stanza, goes_up)
            asked += 1
            if fate == 'never answers':
                return []
            return [(0, False, REFUSED % (attribute(stanza, b'id'), attribute(stanza, b'to')))]

        source = lab.make_file(f'{number}-proxy.bin', int(MIB * chance.uniform(0.1, 2)), chance.random())
        lab.hosts['ann'].shut()
        self.middleman.treat = treat
        lab.clock.run(PACE)
        job_id = lab.ann.send(source, lab.jid('bob'))
        self.wait_ended([job_id])
        if not asked:
            raise Invalid('the proxy was not asked')
        totals.faults[f'{fate}: {lab.ann.job(job_id)["method"]}'] += 1
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])


if __name__ == '__main__':
    unittest.main()
