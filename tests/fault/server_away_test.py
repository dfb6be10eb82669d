# SPDX-License-Identifier: MIT
"""The server is away for a minute, a quarter of an hour, a day, while files are under way by each method: SOCKS5
streams end without it, and once it is back nothing is asked of the wire that was across."""

import unittest

from examine import check_end
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from lab import METHODS
from process import wait_for
from trap import Trap

MINUTE = 60
AWAY = {'a minute': MINUTE, 'a quarter of an hour': 15 * MINUTE, 'a day': 24 * 60 * MINUTE}
PACE = 8000   # of the day, which so takes 11 s
BACK = 10     # a login is tried again after five minutes at the latest
FEW = 64 << 10


class ServerAway(FaultCase):
    lab_options = {'clocked': True}

    def test_server_away_for_long(self):
        self.repeat(3, self.away)

    def away(self, chance, totals, number):
        lab = self.lab
        word = tuple(AWAY)[number % len(AWAY)]
        sizes = {method: int(MIB * chance.uniform(1, 4)) for method in METHODS}
        files = {method: lab.make_file(f'{number}-{method.rpartition("/")[2]}.bin', size, chance.random())
                 for method, size in sizes.items()}
        before = lab.sent()
        ids, held = [], []
        for method, source in files.items():   # in-band last: what holds it holds every stanza of ann's
            size = sizes[method]
            at = chance.choice((chance.randrange(size // 4, size), size - 1)) if method != 'si-ibb' \
                else chance.randrange(size // 4, size * 3 // 4)
            flow = lab.stream_of(method)
            flow.at(on_wire(method, at), flow.hold)
            trap = Trap(flow, on_wire(method, at), kills=False)
            ids.append(lab.ann.send(source, lab.jid('bob'), '--method', method))
            trap.wait()
            held.append(flow)
        lab.cut_off('ann', 'bob')
        for flow in held:
            flow.go()
        wait_for('the SOCKS5 streams to end', lambda: all(
            lab.ann.job(job_id)['state'] == 'verifying' for job_id in ids[:2]))
        lab.clock.pass_by(AWAY[word], PACE)
        for job_id in ids:
            totals.faults[f'{word}: {lab.ann.job(job_id)["state"]}'] += 1
        lab.clock.run(BACK)
        lab.let_on('ann', 'bob')
        for user in lab.daemons:
            lab.wait_contacts_online(user, 60)
        self.wait_ended(ids)
        lab.clock.run(1)
        for method, source in files.items():
            again = max(0, lab.sent()[method] - before[method] - sizes[method])
            totals.sent_again(again, source.name)
            if method != 'si-ibb' and again > FEW:
                totals.blame('resent', f'{source.name}, which was across: {again} bytes')
        check_end(lab, ids, files.values(), lab.bob.downloads, totals)
        self.tidy(files.values())


if __name__ == '__main__':
    unittest.main()
