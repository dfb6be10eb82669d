# SPDX-License-Identifier: MIT
"""The form of files: clang-format's, the licence's line, one inclusion of each header."""

import subprocess
import unittest

import tree

LICENSE = 'SPDX-License-Identifier: MIT'


def unformatted(root):
    """Asks clang-format 14, Debian 12's: another version has other habits."""
    done = subprocess.run(['clang-format-14', '--dry-run', '-Werror', *tree.files(root, *tree.CPP)],
                          capture_output=True, text=True)
    lines = [line.removeprefix(f'{root}/') for line in done.stderr.splitlines() if ' error: ' in line]
    return lines or [done.stderr] * (done.returncode != 0)


def unlicensed(root):
    for path in tree.files(root):
        if path.name != 'LICENSE' and path.suffix != '.md':  # prose needs none
            with path.open(errors='replace') as file:
                if LICENSE not in file.read(400):
                    yield f'{path.relative_to(root)}: no line "{LICENSE}" at its top'


def included_twice(root):
    for path in tree.files(root, '.h'):
        if '\n#pragma once\n' not in path.read_text():
            yield f'{path.relative_to(root)}: no "#pragma once"'


class Sources(tree.LintCase):
    def test_cpp_is_as_clang_format_has_it(self):
        self.assert_clean(unformatted(tree.ROOT))

    def test_every_file_names_its_licence(self):
        self.assert_clean(unlicensed(tree.ROOT))

    def test_every_header_is_included_once(self):
        self.assert_clean(included_twice(tree.ROOT))

    def test_what_is_planted_is_found(self):
        bad = {'.clang-format': (tree.ROOT / '.clang-format').read_text(), 'a/b.h': 'int  x ;\n'}
        for lint in (unformatted, unlicensed, included_twice):
            [*found] = self.findings_in(lint, bad)
            self.assertTrue(found and 'a/b.h' in found[0], f'{lint.__name__}: {found}')
        good = {'.clang-format': bad['.clang-format'],
                'a/b.h': f'// {LICENSE}\n#pragma once\nint x;\n'}
        for lint in (unformatted, unlicensed, included_twice):
            self.assertEqual(self.findings_in(lint, good), [])


if __name__ == '__main__':
    unittest.main()
