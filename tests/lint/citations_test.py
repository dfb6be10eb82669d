# SPDX-License-Identifier: MIT
import unittest

import citations
import tree

LAST = 'Tests: `tests/unit/x_test.cpp` "x: is plain".\n'
RULE = '''# Rules
### ST1: only plain attributes
Enforced: `daemon/xep/x.h`.
Tests: `tests/unit/x_test.cpp` "x: is plain" and "x: is
long".
### R2: whole files
Enforced: `daemon/xep/`.
''' + LAST
TREE = {
    citations.RULES: RULE,
    citations.PEERS: '### Psi\n',
    'daemon/xep/x.h': '// COMPAT Psi: hangs.\n/// ST1, and XEP-0047 section 2.4. See daemon/doc/rules.md.\n',
    'tests/unit/x_test.cpp': 'TEST_CASE("x: is plain (R2)")\nTEST_CASE("x: is "\n          "long")\n',
    'tests/x.py': f'{citations.ABSENT[0]} = 1  # of a message\nprint("v6: 2001:DB8::1")\n',
}


class Citations(tree.LintCase):
    def look(self, name=None, text=''):
        return self.findings_in(citations.findings, TREE | ({name: text} if name else {}))

    def test_the_tree_cites_what_is_in_it(self):
        self.assert_clean(citations.findings(tree.ROOT))

    def test_a_tree_in_order_has_no_findings(self):
        self.assertEqual(self.look(), [])

    def test_a_note_outside_the_tree_is_found(self):
        for note in citations.ABSENT:
            [found] = self.look('daemon/a.cpp', f'int a;\n// as {note} has it\n')
            self.assertIn(f'daemon/a.cpp:2: {note} is no document', found)
        self.assertEqual(len(self.look('tests/a.py', f'"""{citations.ABSENT[0]} says so."""\n')), 1)
        self.assertEqual(len(self.look('.ci/run', f'# {citations.ABSENT[-1]}\n')), 1)

    def test_a_section_of_nothing_is_found(self):
        for text in ('// see section 2.4', '// step 8 of s2.2', '// s3i says so'):
            [found] = self.look('daemon/a.h', text)
            self.assertIn('of what?', found)
        self.assertEqual(self.look('daemon/a.h', '// RFC 6120 s8.1 and section 8.2; s5b'), [])

    def test_a_document_that_is_not_there_is_found(self):
        for name in ('daemon/doc/lost.md', 'NOTES.md', '../shared/x.md'):
            [found] = self.look('daemon/a.h', f'// see {name}.\n')
            self.assertIn('there is no', found)

    def test_a_rule_that_nobody_wrote_is_found(self):
        [found] = self.look('tests/a_test.cpp', 'TEST_CASE("a: holds (ST1, ST99)")\n')
        self.assertIn('tests/a_test.cpp:1: daemon/doc/rules.md has no rule ST99', found)

    def test_a_peer_that_nobody_knows_is_found(self):
        [found] = self.look('daemon/a.h', '/// COMPAT Coccinella: sends it twice.\n')
        self.assertIn('daemon/doc/peers.md does not know Coccinella', found)

    def test_a_rule_without_its_test_is_found(self):
        [found] = self.look(citations.RULES, RULE.replace('long".', 'short".'))
        self.assertIn('ST1 names the test "x: is short"', found)
        [found] = self.look(citations.RULES, RULE.removesuffix(LAST))
        self.assertIn('R2 names no test', found)

    def test_a_rule_enforced_nowhere_is_found(self):
        [found] = self.look(citations.RULES, RULE.replace('xep/x.h', 'xep/gone.h'))
        self.assertIn('rules.md:3: there is no daemon/xep/gone.h', found)
        [found] = self.look(citations.RULES, RULE.replace('Enforced: `daemon/xep/`.\n', ''))
        self.assertIn('R2 does not say where', found)


if __name__ == '__main__':
    unittest.main()
