# SPDX-License-Identifier: MIT
"""Cells that cannot work because of the peer, each with its proof.

A cell is excused only while it fails as said here: its test demands that the peer gives up with the
`trace` in its log, so a newer peer that works turns it red. And the same failure must be there when
none of ours takes part: `tests/interop/matrix --excused` sends between two foreign programs.
"""

import dataclasses
import re

from cells import LIMIT, ROADS, THEIR_METHOD, incoming
from process import wait_for


@dataclasses.dataclass(frozen=True)
class Excuse:
    sender: str        # the foreign peer that fails when it sends to us
    way: str
    labels: tuple      # the sizes it fails with
    because: str
    trace: str         # regular expression of what the peer logs
    receiver: str      # the foreign peer that it fails with in the same way

    def covers(self, cell):
        return (cell.sender, cell.way) == (self.sender, self.way) and cell.label in self.labels


EXCUSES = [
    Excuse('qxmpp', 'fallback', ('1_B', '1_MiB'),
           'QXmpp gives its job up when no streamhost could be reached; it has no fallback to IBB',
           r'<streamhost .*<item-not-found.*peer: failed .* AbortError', 'slixmpp'),
    Excuse('slixmpp', 'direct', ('0_B', '1_B', '1_MiB', '64_MiB'),
           'slixmpp has no listener: the only streamhosts that it offers are proxies',
           r'SEND: <iq [^>]*><query [^>]*><streamhost [^>]*jid="proxy\.[^>]*/></query>.*'
           r'peer: failed .*item-not-found',
           'slixmpp'),
]


def excuse_for(cell):
    return next((excuse for excuse in EXCUSES if excuse.covers(cell)), None)


def run_excused(world, excuse, cell):
    """Lets the peer send to us. Raises AssertionError unless it fails as the excuse says."""
    ann = world.daemons['ann']
    world.wires.allow(*ROADS[cell.way])
    source = world.make_file(f'{cell.name}.bin', cell.size)
    gives_up(world.peer(cell.sender), world.ours('ann'), excuse, source)
    job = wait_for(f'an offer of {source.name}', lambda: incoming(ann, source.name), LIMIT)
    assert job['state'] != 'done', job
    ann.ctl('queue', 'cancel', job['id'])
    source.unlink()


def run_between(world, excuse, size):
    """The same between two foreign peers. The sender lives where ours do in the other cells."""
    world.wires.allow(*ROADS[excuse.way])
    source = world.make_file(f'{excuse.sender}_to_{excuse.receiver}_{excuse.way}.bin', size)
    sender, receiver = world.peer(excuse.sender, '-sender'), world.peer(excuse.receiver)
    gives_up(sender, receiver.jid, excuse, source, 's5b' if excuse.way == 'fallback' else None)
    source.unlink()


def gives_up(peer, to, excuse, source, method=None):
    before = len(peer.trace())
    peer.send(method or THEIR_METHOD[excuse.way], to, source)
    said = peer.wait_sent(source, LIMIT)
    assert said.startswith('failed'), f'{said}: this cell is no longer to be excused'
    trace = peer.trace()[before:]
    assert re.search(excuse.trace, trace, re.DOTALL), f'{said}, but not as expected: {excuse.trace}'
