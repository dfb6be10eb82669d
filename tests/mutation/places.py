# SPDX-License-Identifier: MIT
"""The places of a .cpp where one small change makes a program that a test should tell from ours."""

import bisect
import dataclasses
import pathlib
import re

WORD = r'[A-Za-z_]\w*'
NAME = rf'{WORD}(?:(?:\.|->|::){WORD}|\(\)(?=\.|->))*'
SWAPS = {  # clang-format puts spaces around a binary operator, and none around a template's brackets
    ' < ': ' <= ', ' <= ': ' < ', ' > ': ' >= ', ' >= ': ' > ', ' == ': ' != ', ' != ': ' == ',
    ' && ': ' || ', ' || ': ' && ', ' + ': ' - ', ' - ': ' + ', ' += ': ' -= ', ' -= ': ' += ',
}
KINDS = {'<': 'relation', '>': 'relation', '=': 'relation', '!': 'relation', '&': 'logic', '|': 'logic',
         '+': 'arithmetic', '-': 'arithmetic'}


@dataclasses.dataclass(frozen=True)
class Place:
    file: str
    line: int
    column: int
    kind: str
    start: int
    end: int
    new: str

    def __str__(self):
        return f'{self.file}:{self.line}:{self.column}'

    def change(self, text):
        return text[:self.start] + self.new + text[self.end:]


def code_only(text):
    """`text`, as long as it was, without what is no code, and without what is only said: logs and asserts."""
    said = re.compile(r'//[^\n]*|/\*.*?\*/|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'',
                      re.DOTALL | re.MULTILINE)
    code = said.sub(lambda m: '"' * len(m[0]) if m[0][0] in '"\'' else re.sub(r'[^\n]', ' ', m[0]), text)
    for talk in reversed(list(re.finditer(r'\b(?:log::\w+|log_\w+|assert|static_assert)\(', code))):
        end = closing(code, talk.end() - 1)
        code = code[:talk.start()] + re.sub(r'[^\n]', '"', code[talk.start():end]) + code[end:]
    return code


def closing(code, start):
    """Past the bracket that closes the one at `start`."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in '([{') - (code[at] in ')]}')
        if depth == 0:
            return at + 1
    return len(code)


def statement_end(code, start):
    """Past the semicolon that ends what begins at `start`; None if a bracket closes first."""
    at = start
    while at < len(code) and code[at] not in ';)]}':
        at = closing(code, at) if code[at] in '([{' else at + 1
    return at + 1 if code[at:at + 1] == ';' else None


def enums(texts):
    """Every `enum class` of the files in `texts`: its name, its constants, and the file's name without ending."""
    for path, text in texts.items():
        for name, body in re.findall(rf'enum class ({WORD})[^{{;]*\{{(.*?)\}}', code_only(text), re.DOTALL):
            yield name, re.findall(rf'({WORD})(?:\s*=[^,]*)?(?:,|\s*$)', body), path.stem


def sibling(enum, constant, stem, known):
    """Another constant of this enum; where several have its name, those beside the file come first."""
    lists = [names for name, names, _ in known if name == enum and constant in names and len(names) > 1]
    beside = [names for name, names, where in known if where == stem and names in lists and name == enum]
    for names in beside or lists:
        at = names.index(constant) + 1
        turned = names[at:] + names[:at - 1]
        return next((name for name in turned if all(name in names for names in beside)), turned[0])
    return None


def places(file, text, known):
    code = code_only(text)
    lines = [m.start() for m in re.finditer('^', text, re.MULTILINE)]
    for kind, start, end, new in sorted({*_operators(code), *_constants(code, pathlib.PurePath(file).stem, known), *_conditions(code),
                                         *_statements(code)}, key=lambda found: found[1:]):
        line = bisect.bisect(lines, start)
        yield Place(file, line, start - lines[line - 1] + 1, kind, start, end, new)


def _operators(code):
    for m in re.finditer(r'(?<!operator)\s([<>]=?|[=!]=|&&|\|\||[+-]=?)(?=\s)', code):
        # Text is joined by the same sign as numbers, and has nothing else.
        beside = code[:m.start()].rstrip()[-1:] + code[m.end():].lstrip()[:1]
        if not (m[1][0] == '+' and ('"' in beside or 'str' in code[m.start() - 20:m.end() + 20])):
            yield KINDS[m[1][0]], m.start(1), m.end(1), SWAPS[f' {m[1]} '].strip()
    for m in re.finditer(r'\+\+|--', code):
        yield 'arithmetic', m.start(), m.end(), '--' if m[0] == '++' else '++'


def _constants(code, stem, known):
    for m in re.finditer(r"(?<![\w.'])(0x[0-9a-fA-F]+|\d+)(?=(?:u|s|ms|min)?\b)(?!['.])", code):
        value = int(m[1], 0)
        # The next one is seen at a bound; of a time or a size, only twice as much is another.
        yield 'constant', m.start(), m.end(1), str(value + 1 if value < 10 else value * 2)
    for m in re.finditer(r'\b(true|false)\b', code):
        yield 'bool', m.start(), m.end(), 'false' if m[1] == 'true' else 'true'
    for m in re.finditer(rf'(?<!case )\b((?:{WORD}::)*)({WORD})::({WORD})\b(?!:|\()', code):
        new = sibling(m[2], m[3], stem, known)
        if new and not re.search(rf'case {re.escape(m[1])}$', code[:m.start(2)]):
            yield 'enum', m.start(3), m.end(3), new


def _conditions(code):
    for m in re.finditer(r'\bif \(', code):
        end = closing(code, m.end() - 1) - 1
        start = max(code.rfind(';', m.end(), end) + 1, m.end())  # past `auto x = f();`
        if not re.match(r'\s*(?:const )?auto\b', code[start:end]):
            yield 'condition', start, end, f'!({code[start:end].strip()})'


def _statements(code):
    for m in re.finditer(rf'(?:(?<=[;{{}})])|\belse)\s+(?={WORD}|\*)', code):
        start, end = m.end(), statement_end(code, m.end())
        if end is None:
            continue
        statement = code[start:end]
        call = re.match(rf'{NAME}\(', statement)
        if call and closing(statement, call.end() - 1) == len(statement) - 1 and '::' not in call[0][:1]:
            yield 'call', start, end, ';'
        elif re.match(rf'\*?{NAME}(?:\[[^\]]*\])? [+|&-]?= ', statement):
            yield 'assignment', start, end, ';'
        elif re.match(r'return\b', statement) and _guards(code, m.start(), end):
            yield 'return', start, end, ';'


def _guards(code, before, end):
    """Whether a return is the branch of an `if`, or ends its block: what follows goes on without it."""
    if code[before - 1] == ')':
        return True
    if not code[end:].lstrip().startswith('}'):
        return False
    depth, at = 0, before
    while at > 0 and depth >= 0:
        at -= 1
        depth += (code[at] in ')]}') - (code[at] in '([{')
    return bool(re.search(r'\bif \(.*\) $', code[:at].rsplit('\n', 1)[-1]))
