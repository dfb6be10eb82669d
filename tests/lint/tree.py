# SPDX-License-Identifier: MIT
"""What the lints read: the files of the project, or of a small tree that a self-test makes."""

import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = ('.cpp', '.h')


def files(root, *suffixes):
    """The files below `root` whose names end in one of `suffixes`, or all; sorted. None that a build
    or an editor made, and no seed of a fuzzer."""
    found = []
    for path in sorted(root.iterdir()):
        hidden = path.name.startswith('.') and path.name not in ('.ci', '.github')
        if hidden or path.name in ('__pycache__', 'seeds') or path.is_symlink():
            continue
        if path.is_dir():
            if not path.name.startswith('build'):
                found += files(path, *suffixes)
        elif path.name.endswith(suffixes or ''):
            found.append(path)
    return found


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


class LintCase(unittest.TestCase):
    def assert_clean(self, findings):
        """No findings, or the test fails and tells them all."""
        if bad := list(findings):
            self.fail('\n' + '\n'.join(bad))

    def findings_in(self, findings, contents):
        """What a lint finds in a small tree: `contents` maps paths to texts."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in contents.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return list(findings(pathlib.Path(root)))
