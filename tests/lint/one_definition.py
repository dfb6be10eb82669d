#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No two classes of one name: the folders of a program share a namespace, and to the linker two classes of
one name are one (the One Definition Rule; no compiler says so). Names the places of each that has two.

    one_definition.py ROOT FOLDER...    # each folder is linked into one program
"""
import pathlib
import re
import sys

import tree

BLANKS = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|^\s*#[^\n]*',
                    re.S | re.M)
NAMESPACE = re.compile(r'\bnamespace\s*([\w:]*)\s*$')
TYPE = re.compile(r'\b(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?:alignas\s*\([^)]*\)\s*)?'
                  r'([\w:]+)\s*(?:final\s*)?(?::[^:].*)?$', re.S)


def definitions(text):
    """Every (qualified name, line) that `text` defines at the scope of a named namespace."""
    text = BLANKS.sub(lambda found: re.sub(r'[^\n]', ' ', found.group()), text)
    scopes, begin = [], 0  # of the open braces: a namespace's name, or None where nothing is looked for
    for mark in re.finditer(r'[{};]', text):
        before = text[begin:mark.start()]
        begin = mark.end()
        if mark.group() == '}' and scopes:
            scopes.pop()
        if mark.group() != '{':
            continue
        namespace, kind = NAMESPACE.search(before), TYPE.search(before)
        open_to_all = None not in scopes
        if kind and open_to_all:
            line = text.count('\n', 0, mark.start() - len(before) + kind.start(1)) + 1
            yield '::'.join([*scopes, kind.group(1)]), line
        scopes.append(namespace.group(1) or None if namespace else None)


def findings(root, folder):
    places = {}
    for path in tree.files(root / folder, *tree.CPP):
        for name, line in definitions(path.read_text()):
            places.setdefault(name, []).append(f'{path.relative_to(root)}:{line}')
    if not places:
        yield f'{folder}: no class found; is this the right folder?'
    for name, where in places.items():
        if len(where) > 1:
            yield f'{name} is defined {len(where)} times: ' + ', '.join(where)


if __name__ == '__main__':
    bad = [finding for folder in sys.argv[2:]
           for finding in findings(pathlib.Path(sys.argv[1]), folder)]
    print('\n'.join(bad) or 'each class is defined once')
    sys.exit(1 if bad else 0)
