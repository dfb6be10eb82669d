# SPDX-License-Identifier: MIT
"""Strings of every kind that a peer, a file system or a caller may give."""


def noncharacters():
    return [chr(c) for c in range(0xfdd0, 0xfdf0)] + [
        chr(plane << 16 | low) for plane in range(0x11) for low in (0xfffe, 0xffff)]


def hidden():
    """Controls, line separators and bidirectional controls."""
    return [chr(c) for c in (*range(1, 0x20), *range(0x7f, 0xa0), 0x61c, 0x200e, 0x200f, *range(0x2028, 0x202f),
                             *range(0x2066, 0x206a))]


def characters():
    """One string of each trouble, all of them Unicode."""
    fine = ['é', 'я', '中', '😀', '\U0010fffd', 'e\u0301\u0323', '👩\u200d👧', '\ufeff', '\ufffd',
            '\u00a0', '™', 'ﬁ', 'חיבה', '%s%n', '\\', '..', ' ', "<&\"'>", ']]>']
    return noncharacters() + hidden() + fine


def texts():
    """Each trouble in the middle of a name, some at the ends and alone, and lengths up to 64 KiB."""
    found = [f'a{trouble}b.txt' for trouble in characters()]
    for trouble in ('\ufdd0', '\U0001fffe', 'я', '😀', '\u202e', '\x85', '\ufeff'):
        found += [trouble, trouble + 'z', 'z' + trouble, trouble * 3]
        # Around every bound at which something is cut.
        for bound in (60, 100, 200, 255, 1024, 4096):
            found += ['a' * (bound - 1) + trouble + 'z', trouble * bound]
    every_length = 'aéя中😀e\u0301z\u202eq\ufdd0k'
    found += [every_length[:n] for n in range(len(every_length))]
    return found + ['', 'a' * 65536, 'я' * 32768, '\ufdd0' * 21845]


def is_xml(text):
    """May an XML 1.0 document hold it? (section 2.2)"""
    return all(c in '\t\n\r' or ' ' <= c <= '\ud7ff' or '\ue000' <= c <= '\ufffd' or c >= '\U00010000'
               for c in text)


def file_names():
    """Bytes that a file may be called on Linux: anything but / and NUL."""
    raw = [b'\xff', b'\xff\xfe', b'\xed\xa0\xbd\xed\xb8\x80', b'\xc0\xaf', b'\xc3', b'\xe2\x82', b'\x80\x80',
           b'\xf0\x9f\x98', b'\xf8\x88\x80\x80\x80']
    names = [text.encode() for text in texts() if 0 < len(text.encode()) <= 255 and '/' not in text
             and text not in ('.', '..')]
    return names + [b'raw' + each + b'.bin' for each in raw]


def is_bus_text(text):
    return not any(c == '\0' or c in NONCHARACTERS for c in text)


NONCHARACTERS = frozenset(noncharacters())
HIDDEN = frozenset(hidden()) | NONCHARACTERS
