# SPDX-License-Identifier: MIT
"""A file goes from ann to bob by each method, through each server, whatever its size."""

import unittest

from lab import METHODS
from lab_case import FULL, SANITIZED, LabCase

KIB, MIB = 1 << 10, 1 << 20
SIZES = {'empty': 0, '1_byte': 1, '1_MiB': MIB, '64_MiB': 64 * MIB}


class Transfers:
    """Mixed into one LabCase per server; a test per method and size is added below."""

    def transfer(self, method, size):
        source = self.lab.make_file(f'{method.replace("/", "-")}-{size}.bin', size)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', method)
        job = self.lab.ann.wait(job_id, timeout=300)
        arrived = self.assert_delivered(job, source)
        self.assertEqual(job['transferred_bytes'], size)
        wanted, _, route = method.partition('/')
        self.assertEqual(job['method'], wanted)
        if route:
            self.assertEqual(job['route'], route)
        arrived.unlink()
        source.unlink()


def test_of(method, size):
    return lambda self: self.transfer(method, size)


for method in METHODS:
    for label, size in SIZES.items():
        if method == 'si-ibb' and size > 8 * MIB and SANITIZED and not FULL:
            continue   # one minute of base64 under ASan that shows nothing new
        name = f'test_{method.replace("-", "_").replace("/", "_")}_{label}'
        setattr(Transfers, name, test_of(method, size))


class ThroughProsody(Transfers, LabCase):
    server = 'prosody'


class ThroughEjabberd(Transfers, LabCase):
    server = 'ejabberd'


class SmallBlocks(LabCase):
    """IBB counts blocks modulo 65536 (XEP-0047 s2.2), at both ends."""

    lab_options = {'config': {'ibb': {'block_size': 128, 'block_size_xmppftd': 128}}}

    def test_more_than_65536_blocks(self):
        source = self.lab.make_file('many-blocks.bin', 65_600 * 128)
        job_id = self.lab.ann.send(source, self.lab.jid('bob'), '--method', 'si-ibb')
        self.assert_delivered(self.lab.ann.wait(job_id, timeout=300), source)


if __name__ == '__main__':
    unittest.main()
