# SPDX-License-Identifier: MIT
"""One file by each method, while the server is restarted or the receiver killed again and again: it ends well."""

import unittest

from examine import check_end, check_journal
from fault_case import MIB, FaultCase
from fault_lab import on_wire
from lab import METHODS
from lab_case import FULL
from process import Invalid
from trap import Trap

TIMES = 20 if FULL else 2
SHARE = {'si-socks5/direct': 2 * MIB, 'si-socks5/proxy': 2 * MIB, 'si-ibb': MIB // 4}  # between two of them


class ManyInterruptions(FaultCase):
    def test_the_receiver_killed_again_and_again(self):
        self.repeat(3, lambda *args: self.a_round(self.kill_receiver, *args))

    def test_the_server_restarted_again_and_again(self):
        self.repeat(3, lambda *args: self.a_round(self.restart_server, *args))

    def a_round(self, interrupt, chance, totals, number):
        lab, method = self.lab, METHODS[number % 3]
        for user in lab.daemons:
            lab.wait_contacts_online(user, 60)
        size = SHARE[method] * (TIMES + 2)
        source = lab.make_file(f'{number}-many.bin', size, chance.random())
        before = lab.sent()[method]
        job_id = lab.ann.send(source, lab.jid('bob'), '--method', method)
        for _ in range(TIMES):
            interrupt(on_wire(method, SHARE[method]), method, totals)
            totals.faults[method] += 1
        self.wait_ended([job_id], 240)
        again = max(0, lab.sent()[method] - before - size)
        totals.sent_again(again / TIMES, f'{source.name}, for each of {TIMES}')
        check_end(lab, [job_id], [source], lab.bob.downloads, totals)
        self.tidy([source])

    def kill_receiver(self, byte, method, totals):
        trap = Trap(self.lab.stream_of(method), byte, self.lab.bob)
        trap.ordered()
        trap.wait()
        trap.reap()
        check_journal(self.lab.bob, totals)
        self.lab.bob.restart()

    def restart_server(self, byte, method, _):
        """While the stream stands still at that byte: a direct one would be over meanwhile."""
        flow = self.lab.stream_of(method)
        flow.at(byte, flow.hold)
        try:
            Trap(flow, byte, kills=False).wait()
            server = self.lab.server
            server.kill()
            if server.child.running():
                raise Invalid('the server lives')
            server.start()
        finally:
            flow.go()


if __name__ == '__main__':
    unittest.main()
