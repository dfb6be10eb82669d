#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Generates an adaptor from the documented XML in which every value of a getter and of a signal passes
outgoing() on its way out. (Those of methods pass it in Reply: all of them are asynchronous.)

    adaptor.py SDBUS_CPP_XML2CPP IN.xml OUT.h
"""
import re
import subprocess
import sys
import xml.etree.ElementTree

GETTER = re.compile(r'withGetter\(\[this\]\(\)\{ return this->(\w+)\(\); \}\)')
SIGNAL = re.compile(r'\.withArguments\(([\w, ]*)\);')
SYNCHRONOUS = re.compile(r'implementedAs\(\[this\]\((?!sdbus::Result<)')


def guarded(code, interface):
    """`code` with its ways out changed, each of which must have been found."""
    code, getters = GETTER.subn(r'withGetter([this](){ return ::xmppftd::outgoing(this->\1()); })', code)
    code, signals = SIGNAL.subn(
        lambda found: '.withArguments('
        + ', '.join(f'::xmppftd::outgoing({name})' for name in found.group(1).split(', ')) + ');', code)
    for what, count in (('property', getters), ('signal', signals)):
        wanted = len(interface.findall(what))
        if count != wanted:
            sys.exit(f'{interface.get("name")}: {count} of {wanted} ({what}) found in the generated code; '
                     'has sdbus-c++-xml2cpp changed?')
    if SYNCHRONOUS.search(code):
        sys.exit(f'{interface.get("name")}: a method lacks the annotation org.freedesktop.DBus.Method.Async: '
                 'server, without which its answer does not pass Reply')
    return code.replace('#include <sdbus-c++/sdbus-c++.h>',
                        '#include <sdbus-c++/sdbus-c++.h>\n#include "bus/outgoing.h"', 1)


def main(xml2cpp, source, output):
    subprocess.run([xml2cpp, f'--adaptor={output}', source], check=True, stdout=subprocess.DEVNULL)
    interface = xml.etree.ElementTree.parse(source).find('interface')
    with open(output, encoding='utf-8') as file:
        code = file.read()
    with open(output, 'w', encoding='utf-8') as file:
        file.write(guarded(code, interface))


if __name__ == '__main__':
    main(*sys.argv[1:])
