// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xep/element.h"

namespace xmppftd::test {

/// Stream ids as peers write them, and every other kind of text that XML lets through: each is
/// somebody's id and means itself, byte by byte.
inline std::vector<std::string> opaque_sids() {
  std::vector<std::string> sids{"ft_1a2b",
                                "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}",  // Vacuum-IM
                                "q83vEjRWeJCrze8+/w==",                    // base64
                                "a b",
                                " a",
                                "a ",
                                " ",
                                "a  b",
                                "1/2",
                                "a=b,c;d",
                                "it's \"quoted\" <&>",
                                "&amp;",
                                "a\tb",
                                "a\nb",
                                "a\r\nb",
                                "]]>",
                                "urn:uuid:x#y?z",
                                "*",
                                "%s%n",
                                "\xc3\xa9",          // e acute, in one
                                "e\xcc\x81",         // and in two: another id
                                "\xe2\x84\xa2",      // what stringprep would make "TM"
                                "\xef\xac\x81",      // and "fi"
                                "\xc2\xa0",          // NO-BREAK SPACE
                                "\xef\xb7\x90",      // U+FDD0, a noncharacter
                                "\xf0\x9f\x98\x80",  // beyond the BMP
                                "\xf0\x9f\xbf\xbf",  // U+1FFFF
                                "\xe2\x80\xae"
                                "abc",  // right to left
                                "\xef\xbb\xbf"
                                "a",  // begins with U+FEFF
                                "\xd7\x97\xd7\x99"};
  for (const std::size_t length : {1, 127, 128, 129, 500, 1023, 1024})
    sids.emplace_back(length, 'x');
  for (char c = 0x20; c < 0x7f; ++c) sids.push_back(std::string(1, c) + c + "s");
  return sids;
}

/// As an attribute's value between ' and '.
inline std::string escaped(std::string_view text) {
  const std::string xml = Element("x", "").set("a", std::string(text)).to_xml("");
  return xml.substr(6, xml.size() - 9);  // <x a='…'/>
}

}  // namespace xmppftd::test
