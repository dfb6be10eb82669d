# SPDX-License-Identifier: MIT
"""A contact list that is longer than any other stanza may be (RELIABILITY ST6)."""

import unittest

from lab import Lab
from lab_case import LabCase
from process import wait_for

CONTACTS = 3000   # of two elements each: over 4,096


class ContactList(LabCase):
    @classmethod
    def make_lab(cls):
        lab = Lab(users=('ann',), raw_users=())
        folder = lab.server.data / 'roster'
        folder.mkdir()
        rows = ''.join(f'["friend{number}@{lab.server.domain}"] = '
                       '{ subscription = "both", groups = { friends = true } };\n'
                       for number in range(CONTACTS))
        (folder / 'ann.dat').write_text('return { [false] = { version = 1 };\n' + rows + '};\n')
        return lab

    @classmethod
    def prepare(cls):
        pass

    def test_a_long_contact_list_comes_whole(self):
        wait_for('all contacts', lambda: len(self.lab.ann.json('contacts')['contacts']) == CONTACTS)


if __name__ == '__main__':
    unittest.main()
