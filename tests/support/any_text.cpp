// SPDX-License-Identifier: MIT
#include "support/any_text.h"

#include <iconv.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

namespace any_text {
namespace {

using namespace std::string_literals;

/// What a string may hold that somebody stumbles over.
std::vector<std::string> troubles() {
  std::vector<std::string> all;
  // Noncharacters and their neighbours, which are fine.
  for (char32_t c = 0xfdcf; c <= 0xfdf0; ++c) all.push_back(encoded(c));
  for (char32_t plane = 0; plane <= 0x10; ++plane)
    for (char32_t low : {0xfffdu, 0xfffeu, 0xffffu}) all.push_back(encoded(plane << 16 | low));
  // Surrogates: alone, and as the pair that CESU-8 makes of U+1F600.
  for (char32_t c : {0xd7ffu, 0xd800u, 0xdbffu, 0xdc00u, 0xdfffu, 0xe000u})
    all.push_back(encoded(c));
  all.push_back(encoded(0xd83d) + encoded(0xde00));
  // Beyond Unicode, and the bytes that UTF-8 has no use for.
  for (char32_t c : {0x110000u, 0x13ffffu, 0x1fffffu}) all.push_back(encoded(c));
  for (int byte = 0x80; byte <= 0xff; ++byte) all.emplace_back(1, static_cast<char>(byte));
  all.insert(all.end(),
             {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xff\xfe", "\xfe\xff"});
  // Overlong forms of '/', '.', NUL and others.
  all.insert(all.end(), {"\xc0\xaf", "\xc0\xae", "\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf",
                         "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf"});
  // Cut short, or one byte too long.
  all.insert(all.end(),
             {"\xc3", "\xe2\x82", "\xe2", "\xf0\x9f\x98", "\xf0\x9f", "\xf0", "\xc3\xa9\x80",
              "\x80\x80\x80\x80\x80", "\xbf\xbf\xbf", "\xe2\x28\xa1", "\xf0\x28\x8c\xbc"});
  // Controls: C0, DEL, C1; line and paragraph separators; bidi controls.
  for (char32_t c = 0x01; c < 0x20; ++c) all.push_back(encoded(c));
  for (char32_t c = 0x7f; c <= 0x9f; ++c) all.push_back(encoded(c));
  for (char32_t c :
       {0x061cu, 0x200eu, 0x200fu, 0x2028u, 0x2029u, 0x202au, 0x202eu, 0x2066u, 0x2069u})
    all.push_back(encoded(c));
  // Valid, and of every length; a combining sequence, a joined emoji, a BOM, U+FFFD, markup.
  all.insert(all.end(), {"~",
                         "é",
                         "я",
                         "中",
                         "😀",
                         "\xf4\x8f\xbf\xbd",
                         "e\u0301\u0323",
                         "👩\u200d👧",
                         "\ufeff",
                         "\ufffd",
                         "\u00a0",
                         "™",
                         "חיבה",
                         "<&\"'>",
                         "]]>",
                         "%s%n",
                         "\\",
                         "/",
                         "..",
                         " ",
                         "\t",
                         "\r\n"});
  return all;
}

constexpr std::size_t kBounds[] = {1,    2,    3,    4,    16,    17,    60,   64,   100,
                                   128,  200,  247,  255,  256,   512,   1023, 1024, 2048,
                                   4095, 4096, 4097, 8192, 16384, 32768, 65536};

std::string repeated(const std::string& unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  text.resize(bytes);
  return text;
}

}  // namespace

std::string encoded(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

std::vector<std::string> all(std::size_t max_bytes, bool with_nul) {
  std::vector<std::string> texts;
  const auto add = [&](std::string text) {
    if (text.size() <= max_bytes) texts.push_back(std::move(text));
  };
  add("");
  for (const auto& trouble : troubles()) {
    add(trouble);
    add(trouble + "b.txt");
    add("a" + trouble + "b.txt");
    add("a." + trouble);
    add(trouble + trouble + trouble);
    // The trouble sits on the edge of what is cut.
    for (const std::size_t bound : {std::size_t{100}, std::size_t{200}})
      add(std::string(bound - 1, 'a') + trouble + "z");
  }
  const std::string every_length = "aéя中😀e\u0301z\u202eq\ufdd0k";
  for (std::size_t n = 0; n <= every_length.size(); ++n) {
    add(every_length.substr(0, n));
    add(every_length.substr(n));
    add(every_length.substr(0, n) + "." + every_length.substr(n));
  }
  for (const std::size_t bound : kBounds)
    for (const std::size_t bytes : {bound - 1, bound, bound + 1})
      for (const auto* unit : {"a", "я", "中", "😀", "\ufdd0", "\xff", "aя"})
        add(repeated(unit, bytes));
  if (with_nul)
    for (const auto& text : {"\0"s, "a\0b"s, "\0\0\0"s, "я\0"s, std::string(99, 'a') + "\0z"s})
      add(text);
  return texts;
}

bool is_bus_text(std::string_view text) {
  static const iconv_t decoder = iconv_open("UCS-4LE", "UTF-8");
  if (decoder == reinterpret_cast<iconv_t>(-1)) throw std::runtime_error("iconv_open");
  iconv(decoder, nullptr, nullptr, nullptr, nullptr);  // forget what the last text left
  std::string in(text);
  std::vector<std::uint32_t> out(text.size() + 1);
  char* from = in.data();
  char* to = reinterpret_cast<char*>(out.data());
  std::size_t from_left = in.size();
  std::size_t to_left = out.size() * sizeof out[0];
  if (iconv(decoder, &from, &from_left, &to, &to_left) == static_cast<std::size_t>(-1))
    return false;
  out.resize(out.size() - to_left / sizeof out[0]);
  return std::none_of(out.begin(), out.end(), [](std::uint32_t c) {
    return c == 0 || c % 0x10000 >= 0xfffe || (c >= 0xfdd0 && c < 0xfdf0) ||
           (c >= 0xd800 && c < 0xe000) || c > 0x10ffff;
  });
}

std::string shown(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, 80)) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, c > 0x20 && c < 0x7f ? "%c" : "\\x%02x",
                  static_cast<unsigned char>(c));
    line += escaped;
  }
  return line + " (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace any_text
