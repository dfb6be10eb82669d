# SPDX-License-Identifier: MIT
"""What a case showed, over all its rounds: what was broken, and how much was sent again for each fault."""

import collections
import statistics

# What may be found: content that is not the source's, or a foreign file that was touched; a job or an id that is
# gone or never ended; a file or job that is there twice; what is left over; more sent again than is promised.
KINDS = ('wrong', 'lost', 'doubled', 'litter', 'resent')
MOST_RESENT = 16 << 20  # for each interruption: what came since a checkpoint, and buffers


class Totals:
    def __init__(self):
        self.rounds = 0
        self.faults = collections.Counter()   # what the job was doing when it was hit
        self.found = []                       # (kind, text)
        self.resent = []                      # bytes, for each interruption of a stream

    def blame(self, kind, text):
        assert kind in KINDS
        self.found.append((kind, text))

    def sent_again(self, size, what):
        self.resent.append(size)
        if size > MOST_RESENT:
            self.blame('resent', f'{what}: {size} bytes were sent again')

    def __str__(self):
        counts = collections.Counter(kind for kind, _ in self.found)
        text = f'{self.rounds} rounds: ' + ', '.join(f'{counts[kind]} {kind}' for kind in KINDS)
        if self.resent:
            text += (f'; sent again: median {statistics.median(self.resent) / 2**20:.1f} MiB, '
                     f'max {max(self.resent) / 2**20:.1f} MiB of {len(self.resent)}')
        if self.faults:
            text += '; hit: ' + ', '.join(f'{what} {count}' for what, count in sorted(self.faults.items()))
        return text
