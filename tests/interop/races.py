# SPDX-License-Identifier: MIT
"""Cells in which a peer races the server and may lose: it tries again, and is excused if it lost each time just so.

libpurple 2.14 closes its connection to the proxy as soon as it has written the file, also before the proxy
has come to its request to activate the stream. The proxy then knows no such stream any more and says so,
nobody gets the file, and libpurple takes it for sent. Files that fit into a socket's buffer are lost that
way now and then, on a busy machine most of the time.
"""

import re

from process import Timeout, wait_for

RACERS = {('purple', 'proxy')}   # sender, way
TRIES = 4
LOST = re.compile(r'<activate>.*jabber_si_xfer_free\(\).*<iq (?=[^>]*type=.error)(?=[^>]*from=.proxy\.)',
                  re.DOTALL)


class RaceLost(AssertionError):
    """The proxy was asked too late."""


def is_racer(cell):
    return (cell.sender, cell.way) in RACERS


def run(cell, once):
    """Calls `once(n)` until the race is not lost. True: it always was."""
    for n in range(TRIES if is_racer(cell) else 1):
        try:
            once(n)
            return False
        except RaceLost:
            pass
    return True


def watch(peer, before, has_ended, limit):
    """Waits until `has_ended()`. Raises RaceLost when the peer's trace since `before` tells that it lost."""
    def look():
        return has_ended() or LOST.search(peer.trace()[before:])
    wait_for('our job to end, or the race to be lost', look, limit, every=0.1)
    if not has_ended():
        raise RaceLost(f'{peer.kind} closed its stream before the proxy had activated it')


def lose_between(world, make_file):
    """libpurple loses to the proxy without us, within 12 files. Raises AssertionError if it never does."""
    sender, receiver = world.peer('purple', '2'), world.peer('qxmpp')
    for n in range(12):
        source, before = make_file(f'race-{n}.bin', 1), len(sender.trace())
        sender.send('s5b-proxy', receiver.jid, source)
        try:
            watch(sender, before, lambda name=source.name: f'received {name}' in receiver.said(), 15)
        except RaceLost:
            return
        except Timeout:   # QXmpp sometimes leaves libpurple waiting
            continue
    raise AssertionError('12 files of 1 B by the proxy, and none was lost that way: a matter of chance')
