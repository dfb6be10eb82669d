#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down: a folder of the daemon includes itself and what its meson.build links, directly
or through others. The linker sees only calls; a header of types alone could be taken from anywhere.
The order of the floors is daemon/meson.build's, and README.md shows the same. The client includes
nothing of the daemon, and neither of them anything of the tests.

    floors.py [ROOT]
"""

import pathlib
import re
import sys

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]', re.M)
SUBDIR = re.compile(r"^subdir\('(\w+)'\)[ \t]*(?:#[ \t]*(\d+))?", re.M)
PICTURE = re.compile(r'^  ((?:\w+/ +)+)(\d+)  ', re.M)


def floor_list(text):
    """The folders of daemon/meson.build with their floors, lowest first. A folder without a number
    is on the floor of the one before it."""
    floors, floor = {}, 0
    for name, number in SUBDIR.findall(text):
        floor = int(number) if number else floor
        floors[name] = floor
    return floors


def links(root, floors):
    """For each folder: the folders that it may include, itself among them."""
    allowed = {}
    for name in floors:  # what is linked stands earlier, or meson would not know its name
        text = (root / 'daemon' / name / 'meson.build').read_text()
        direct = set(re.findall(r'\b(\w+)_dep\b', text)) & set(allowed)
        allowed[name] = {name}.union(*(allowed[other] for other in direct))
    return allowed


def target(root, path, name):
    """The project's file that an include means, as a path below `root`; None for any other."""
    for folder in (path.parent, root / 'daemon', root / 'client', root / 'tests', root):
        found = (folder / name).resolve()
        if found.is_file() and found.is_relative_to(root):
            return found.relative_to(root)
    return None


def complaint(path, what, allowed):
    """Why the file `path` must not include the file `what`; both relative to the root."""
    here, there = path.parts, what.parts
    if here[0] == 'client' and there[0] == 'daemon':
        return 'the client knows the daemon by D-Bus alone'
    if here[0] != there[0] and there[0] in ('client', 'tests'):
        return f'{here[0]}/ includes nothing of {there[0]}/'
    if here[0] != 'daemon' or len(here) == 2:
        return None  # app.* and main.cpp, on the roof, put all together
    if here[1] not in allowed:
        return f'daemon/meson.build does not list {here[1]}'
    if there[0] == 'daemon' and (len(there) == 2 or there[1] not in allowed[here[1]]):
        return f'{here[1]} may include {", ".join(sorted(allowed[here[1]]))}'
    return None


def findings(root):
    root = root.resolve()
    floors = floor_list((root / 'daemon/meson.build').read_text())
    if list(floors.values()) != sorted(floors.values()):
        yield 'daemon/meson.build: the floors do not go up'
    picture = {name: int(number)
               for names, number in PICTURE.findall((root / 'README.md').read_text())
               for name in re.findall(r'\w+', names)}
    if picture != floors:
        odd = sorted(dict(picture.items() ^ floors.items()))
        yield f'README.md shows other floors than daemon/meson.build: {", ".join(odd)}'
    allowed = links(root, floors)
    for top in ('daemon', 'client'):
        for path in tree.files(root / top, *tree.CPP):
            text = path.read_text()
            for include in INCLUDE.finditer(text):
                what = target(root, path, include[1])
                why = what and complaint(path.relative_to(root), what, allowed)
                if why:
                    line = tree.line_of(text, include.start())
                    yield f'{path.relative_to(root)}:{line}: includes {what}; {why}'


if __name__ == '__main__':
    bad = list(findings(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT))
    print('\n'.join(bad) or 'every include points down')
    sys.exit(1 if bad else 0)
