# SPDX-License-Identifier: MIT
"""The matrix: one cell is one file, between us and one peer, by one way, through one server."""

import dataclasses
import itertools

import races
from process import wait_for
from world import same_content

MIB = 1 << 20
SERVERS = ('prosody', 'ejabberd')
WAYS = ('direct', 'proxy', 'fallback', 'ibb')
SIZES = {'0_B': 0, '1_B': 1, '1_MiB': MIB}
FULL_SIZES = {**SIZES, '64_MiB': 64 * MIB}
FINAL = ('done', 'failed', 'cancelled')
LIMIT = 40         # seconds for a cell
FULL_LIMIT = 600   # and for one of 64 MiB

# Which roads are open in each way: between the hosts, and to the proxy.
ROADS = {'direct': (True, False), 'proxy': (False, True), 'fallback': (False, False),
         'ibb': (True, True)}
# How we, and how a foreign peer, are asked to go that way. None: by what is the default.
OUR_METHOD = {'direct': 'si-socks5/direct', 'proxy': 'si-socks5/proxy', 'fallback': None,
              'ibb': 'si-ibb'}
THEIR_METHOD = {'direct': 's5b', 'proxy': 's5b-proxy', 'fallback': 'any', 'ibb': 'ibb'}
# What our job then tells.
OUTCOME = {'direct': ('si-socks5', 'direct'), 'proxy': ('si-socks5', 'proxy'),
           'fallback': ('si-ibb', None), 'ibb': ('si-ibb', None)}


@dataclasses.dataclass(frozen=True)
class Cell:
    server: str
    sender: str     # 'ours' or the kind of a peer
    receiver: str
    way: str
    label: str
    size: int

    @property
    def name(self):
        return f'{self.sender}_to_{self.receiver}_{self.way}_{self.label}'

    @property
    def foreign(self):
        """The kind of the foreign peer, or 'ours' between two of ours."""
        return self.sender if self.receiver == 'ours' else self.receiver

    @property
    def limit(self):
        return FULL_LIMIT if self.size > 8 * MIB else LIMIT


def cells(server, kind, sizes=None):
    """All cells of one server and one kind of peer."""
    pairs = [('ours', 'ours')] if kind == 'ours' else [('ours', kind), (kind, 'ours')]
    for (sender, receiver), way, (label, size) in itertools.product(
            pairs, WAYS, (sizes or SIZES).items()):
        yield Cell(server, sender, receiver, way, label, size)


def run_cell(world, cell):
    """Sends the file of a cell. Raises AssertionError when it does not arrive whole, by that way.

    True: it did not, but that is the peer's fault, as races.py proves it.
    """
    world.wires.allow(*ROADS[cell.way])
    return races.run(cell, lambda n: run_once(world, cell, world.make_file(f'{cell.name}-{n}.bin', cell.size)))


def run_once(world, cell, source):
    send = we_send if cell.sender == 'ours' else they_send
    arrived, job = send(world, cell, source)
    found = (job['state'], job['method'], job['route'])
    assert found == ('done', *OUTCOME[cell.way]), f'{found}: {job}'
    assert same_content(source, arrived), f'{arrived} differs from {source}'
    arrived.unlink()
    source.unlink()


def we_send(world, cell, source, told=True):
    """Returns where the file is to be, and our job; waits for the peer's word unless not `told`."""
    ann = world.daemons['ann']
    if cell.receiver == 'ours':
        to, downloads = world.ours('bob'), world.daemons['bob'].downloads
    else:
        peer = world.peer(cell.receiver)
        to, downloads = peer.jid, peer.downloads
    options = ['--method', OUR_METHOD[cell.way]] if OUR_METHOD[cell.way] else []
    job = ended(ann, ann.send(source, to, *options), cell.limit)
    if told and cell.receiver != 'ours' and job['state'] == 'done':
        peer.wait_received(source.name, cell.limit)
    return downloads / source.name, job


def they_send(world, cell, source, told=True):
    """The same, from the peer to us."""
    peer = world.peer(cell.sender)
    # A peer that cannot be told to use IBB is asked by one of us who takes nothing else.
    user = 'ivy' if cell.way == 'ibb' else 'ann'
    ours = world.daemons[user]
    before = len(peer.trace())
    peer.send(THEIR_METHOD[cell.way], world.ours(user), source)
    job = wait_for(f'an offer of {source.name}', lambda: incoming(ours, source.name), LIMIT / 4)
    if races.is_racer(cell):
        try:
            races.watch(peer, before, lambda: ours.job(job['id'])['state'] in FINAL, cell.limit)
        except races.RaceLost:
            ours.run('queue', 'cancel', job['id'])
            raise
    job = ended(ours, job['id'], cell.limit)
    if told:
        said = peer.wait_sent(source, cell.limit)
        assert said == f'sent {source}', said
    return ours.downloads / source.name, job


def ended(daemon, job_id, limit):
    """The job once it has ended. One that does not is cancelled: the next cell wants its slot."""
    try:
        return daemon.wait(job_id, limit)
    except AssertionError:
        daemon.run('queue', 'cancel', job_id)
        raise


def incoming(daemon, name):
    return next((job for job in daemon.jobs() if job['name'] == name and job['direction'] == 'in'),
                None)
