# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import unittest

import tidy
import tree

# The header hides a virtual function, the second source adds a char to a string that is an int.
PLANTED = {
    '.clang-tidy': (tree.ROOT / '.clang-tidy').read_text(),
    'daemon/a.h': 'struct A { virtual ~A() = default; virtual void go(); };\n'
                  'struct B : A { void go(); };\n',
    'daemon/a.cpp': '#include "a.h"\nint CamelCase() { return 0; }\n',
    'build/unit.cpp': '#include "../daemon/a.cpp"\n',
}


def findings(root):
    command = {'directory': str(root / 'build'), 'file': 'unit.cpp', 'output': 'daemon/unit.o',
               'command': 'c++ -std=c++20 -c unit.cpp'}
    (root / 'build/compile_commands.json').write_text(json.dumps([command]))
    return tidy.findings(root / 'build', root)


class Tidy(tree.LintCase):
    def test_clang_tidy_finds_nothing(self):
        self.assert_clean(tidy.findings(pathlib.Path(os.environ['XMPPFT_BUILD']).resolve(), tree.ROOT))

    def test_what_is_planted_is_found(self):
        found = '\n'.join(self.findings_in(findings, PLANTED))
        self.assertIn('daemon/a.h:2: ', found)
        self.assertIn('modernize-use-override', found)
        self.assertIn('daemon/a.cpp:2: ', found)
        self.assertIn('readability-identifier-naming', found)

    def test_a_unit_that_cannot_be_read_is_a_finding(self):
        self.assertTrue(self.findings_in(findings, PLANTED | {'build/unit.cpp': '#include "gone.h"\n'}))

    def test_a_build_of_nothing_is_a_finding(self):
        [found] = self.findings_in(lambda root: tidy.findings(root, root),
                                   {'compile_commands.json': '[]'})
        self.assertIn('no unit', found)


if __name__ == '__main__':
    unittest.main()
