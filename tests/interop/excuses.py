# SPDX-License-Identifier: MIT
"""Cells that cannot work because of the peer, each with its proof.

A cell is excused only while it fails as said here: its test demands the peer's own `trace`, so a newer
peer that works turns it red. And the same failure must be there when none of ours takes part:
`tests/interop/matrix --excused` sends between two foreign programs.
"""

import dataclasses
import re

from cells import LIMIT, ROADS, THEIR_METHOD, they_send, we_send
from process import Timeout, wait_for
from world import same_content

WORD_WITHIN = 2   # seconds after our end that a peer which works gets to say so
ALL = ('0_B', '1_B', '1_MiB', '64_MiB')


@dataclasses.dataclass(frozen=True)
class Excuse:
    sender: str
    receiver: str
    ways: tuple
    labels: tuple      # the sizes
    says: str          # what the peer then says: failed, lost, or nothing at all
    because: str
    trace: str         # regular expression of what the peer logs
    between: tuple     # sender and receiver of the same failure without us, and their method

    def covers(self, cell):
        return ((cell.sender, cell.receiver) == (self.sender, self.receiver)
                and cell.way in self.ways and cell.label in self.labels)


EXCUSES = [
    Excuse('qxmpp', 'ours', ('fallback',), ('1_B', '1_MiB', '64_MiB'), 'failed',
           'QXmpp gives its job up when no streamhost could be reached; it has no fallback to IBB',
           r'<streamhost .*<item-not-found.*peer: failed .* AbortError',
           ('qxmpp', 'slixmpp', 's5b')),
    Excuse('slixmpp', 'ours', ('direct',), ALL, 'failed',
           'slixmpp has no listener: the only streamhosts that it offers are proxies',
           r'SEND: <iq [^>]*><query [^>]*><streamhost [^>]*jid="proxy\.[^>]*/></query>.*'
           r'peer: failed .*item-not-found',
           ('slixmpp', 'slixmpp', 's5b')),
    Excuse('ours', 'purple', ('direct', 'proxy'), ('0_B',), 'lost',
           'libpurple takes the end of a SOCKS5 stream that had no bytes for a cancelled transfer',
           r'streamhost-used.*notice: .* cancelled the transfer.*peer: lost',
           ('slixmpp', 'purple', 's5b')),
    Excuse('purple', 'ours', ('direct', 'proxy', 'fallback', 'ibb'), ('0_B',), '',
           'libpurple never ends a stream of its own that has no bytes; the file arrives, it does not know',
           r'<open [^\n]*\n[^\n]*type=.result.[^\n]*\n[^\n]*Prpl \(and UI\) ready',
           ('purple', 'qxmpp', 'any')),
]


def excuse_for(cell):
    return next((excuse for excuse in EXCUSES if excuse.covers(cell)), None)


def run_excused(world, excuse, cell):
    """Runs a cell that cannot work. Raises AssertionError unless it fails as the excuse says."""
    world.wires.allow(*ROADS[cell.way])
    source = world.make_file(f'{cell.name}.bin', cell.size)
    peer = world.peer(cell.foreign)
    before = len(peer.trace())
    if excuse.says == 'lost':
        we_send(world, cell, source, told=False)
        peer.wait_said(f'lost {source.name}', timeout=LIMIT)
    elif excuse.says == 'failed':
        peer.send(THEIR_METHOD[cell.way], world.ours('ann'), source)
        gave_up(peer, source)
        wait_for('our job to be cancelled', lambda: cancelled(world.daemons['ann'], source.name), LIMIT)
    else:
        arrived, job = they_send(world, cell, source, told=False)
        assert job['state'] == 'done' and same_content(source, arrived), job
        said_nothing(peer, source)
    assert_trace(excuse, peer.trace()[before:])


def run_between(world, excuse):
    """The same failure between two foreign peers; the sender lives where ours do otherwise."""
    sending, receiving, method = excuse.between
    world.wires.allow(*ROADS[excuse.ways[0]])
    source = world.make_file(f'{sending}_to_{receiving}_{excuse.ways[0]}.bin',
                             0 if excuse.labels == ('0_B',) else 1)
    sender, receiver = world.peer(sending, '2'), world.peer(receiving)
    sender.send(method, receiver.jid, source)
    if excuse.says == 'failed':
        gave_up(sender, source)
    elif excuse.says == 'lost':
        receiver.wait_said(f'lost {source.name}', timeout=LIMIT)
    else:
        wait_for('an answer', lambda: 'streamhost-used' in sender.trace() or '<open' in sender.trace(), LIMIT)
        said_nothing(sender, source)


def gave_up(peer, source):
    said = peer.wait_sent(source, LIMIT)
    assert said.startswith('failed'), f'{said}: this cell is no longer to be excused'


def said_nothing(peer, source):
    try:
        said = wait_for('a word', lambda: [line for line in peer.said() if str(source) in line],
                        WORD_WITHIN)
    except Timeout:
        return
    raise AssertionError(f'{said}: this cell is no longer to be excused')


def cancelled(daemon, name):
    """Takes the offer of a peer that gave up off our list."""
    job = next((job for job in daemon.jobs() if job['name'] == name), None)
    assert job is None or job['state'] != 'done', job
    return job and daemon.run('queue', 'cancel', job['id']).returncode == 0


def assert_trace(excuse, trace):
    assert re.search(excuse.trace, trace, re.DOTALL), f'it does not fail as expected: {excuse.trace}'
