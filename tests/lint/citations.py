#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the tree cites is in the tree. No file refers to a document that is not here, and no document to
a place that is not; every code of a rule (ST3, R10, ...) stands in daemon/doc/rules.md; every rule
there names the places that enforce it and tests that exist; and whom a COMPAT comment names is in
daemon/doc/peers.md.

    citations.py [ROOT]
"""

import io
import pathlib
import re
import sys
import tokenize

import tree

RULES = 'daemon/doc/rules.md'
PEERS = 'daemon/doc/peers.md'
# Notes of the project's first weeks, outside the tree. Written so that this file does not name them.
ABSENT = 'reliability interop decisions interface design conventions engine field house seed'.upper().split()
NOTE = re.compile(rf'\b(?:{"|".join(ABSENT)})\b')
SECTION = re.compile(r'\bsection \d|(?<![\w-])s\d+(?:\.\d+)+\b|(?<![\w-])s\d(?<!s5)[a-z]\b')
STANDARD = re.compile(r'\bRFC \d|\bXEP-\d|\bXML 1\.0\b')
DOCUMENT = re.compile(r'(?<![\w./*{-])(?:[\w.-]*/[\w./-]+|[A-Z]{2,}[\w-]*)\.md\b')
CODE = re.compile(r'(?<![:\w])(?:ST|SI|SB|IB|OB|OC|OS|FN|DB|LU|NT|R)\d{1,2}\b(?!:\w)')
PLACE = re.compile(r'`((?:daemon|client|tests|packaging|dbus|\.github)/[\w./-]+)`')
NAMED = re.compile(r'\bCOMPAT (?=([A-Z]?[\w-]+))')
HEADING = re.compile(r'^### ([A-Z]+\d+): ', re.M)  # of a rule in rules.md


def prose(path, text):
    """The text with the code of Python blanked: names there are no citations."""
    if path.suffix != '.py':
        return text
    lines = text.splitlines()
    kept = [' ' * len(line) for line in lines]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.STRING):
            continue
        (first, begin), (last, end) = token.start, token.end
        for row in range(first - 1, last):
            left = begin if row == first - 1 else 0
            right = end if row == last - 1 else len(lines[row])
            kept[row] = kept[row][:left] + lines[row][left:right] + kept[row][right:]
    return '\n'.join(kept)


def rule_sections(text):
    """The rules of rules.md: each code with the text below its heading."""
    parts = HEADING.split(text)
    return dict(zip(parts[1::2], parts[2::2]))


def of_file(root, path, codes, peers):
    text = prose(path, path.read_text(errors='replace'))
    where = path.relative_to(root)

    def say(match, why):
        return f'{where}:{tree.line_of(text, match.start())}: {why}'

    for match in NOTE.finditer(text):
        yield say(match, f'{match[0]} is no document of this tree; say the rule itself')
    standard = re.search(r'xep\d{4}', path.name)
    for match in SECTION.finditer(text):
        if not standard and not STANDARD.search(text, 0, match.start()):
            yield say(match, f'"{match[0]}" of what? Name the RFC or the XEP')
    for match in DOCUMENT.finditer(text):
        if not any((folder / match[0]).is_file() for folder in (path.parent, root)):
            yield say(match, f'there is no {match[0]}')
    for match in PLACE.finditer(text if path.suffix == '.md' else ''):
        if not (root / match[1]).exists():
            yield say(match, f'there is no {match[1]}')
    for match in CODE.finditer(text):
        if match[0] not in codes:
            yield say(match, f'{RULES} has no rule {match[0]}')
    for match in NAMED.finditer(text):
        if match[1].lower() not in peers:
            yield say(match, f'{PEERS} does not know {match[1]}')


def of_rule(root, code, text):
    """`daemon/...` after "Enforced:", `tests/...` with "names of tests" after "Tests:"."""
    enforced, _, tests = text.partition('Tests:')
    places = re.findall(r'`((?:daemon|client)/[\w./-]+)`', enforced.partition('Enforced:')[2])
    if not places:
        yield f'{RULES}: {code} does not say where it is enforced'
    named = 0
    for path, names in re.findall(r'`(tests/[\w./-]+)`((?:[\s,]*(?:and\s+)?"[^"]+")+)', tests):
        text = (root / path).read_text() if (root / path).is_file() else ''
        text = re.sub(r'"\s*\n\s*"', '', text)
        for name in re.findall(r'"([^"]+)"', names):
            named += 1
            name = ' '.join(name.split())
            if name not in text:
                yield f'{RULES}: {code} names the test "{name}", which is not in {path}'
    if not named:
        yield f'{RULES}: {code} names no test'


def findings(root):
    rules = rule_sections((root / RULES).read_text())
    peers = (root / PEERS).read_text().lower()
    for path in tree.files(root):
        if not path.match('tests/lint/*_test.py'):  # they plant what is looked for
            yield from of_file(root, path, rules, peers)
    for code, text in rules.items():
        yield from of_rule(root, code, text)


if __name__ == '__main__':
    bad = list(findings(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT))
    print('\n'.join(bad) or 'every citation leads somewhere')
    sys.exit(1 if bad else 0)
