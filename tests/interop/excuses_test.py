# SPDX-License-Identifier: MIT
"""An excuse must not outlive its reason."""

import unittest

from excuses import said_nothing


class LatePeer:
    """Says that it is done, but not at once."""

    def __init__(self):
        self.looks = 0

    def said(self):
        self.looks += 1
        return ['online'] + ['sent /files/0_B.bin'] * (self.looks > 5)


class Excuses(unittest.TestCase):
    def test_a_peer_that_works_is_not_excused_for_being_late(self):
        with self.assertRaisesRegex(AssertionError, 'no longer to be excused'):
            said_nothing(LatePeer(), '/files/0_B.bin')


if __name__ == '__main__':
    unittest.main()
