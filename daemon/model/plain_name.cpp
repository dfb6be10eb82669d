// SPDX-License-Identifier: MIT
#include "model/plain_name.h"

#include <algorithm>

namespace xmppftd {
namespace {

constexpr std::size_t kShort = 100;
constexpr std::size_t kKeptExtension = 16;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// CON, COM1 and the like name devices to Windows, whatever extension follows.
bool names_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (!stem.empty() && stem.back() == ' ') stem.pop_back();
  std::transform(stem.begin(), stem.end(), stem.begin(), upper);
  if (stem == "CON" || stem == "PRN" || stem == "AUX" || stem == "NUL" || stem == "CONIN$" ||
      stem == "CONOUT$")
    return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

std::string without_special(std::string_view name) {
  std::string plain(name);
  for (char& c : plain)
    if ((c >= 0 && c < 0x20) || c == 0x7f ||
        std::string_view("\"*:<>?\\|").find(c) != std::string_view::npos)
      c = '_';
  for (auto c = plain.rbegin(); c != plain.rend() && (*c == '.' || *c == ' '); ++c) *c = '_';
  return names_device(plain) ? "_" + plain : plain;
}

std::string short_ascii(std::string_view name) {
  std::string ascii;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) ascii += c;
    if (byte >= 0xc0) ascii += '_';  // the first byte of a character; the others go
  }
  if (ascii.size() > kShort) {
    const auto dot = ascii.rfind('.');
    const bool has_extension = dot != std::string::npos && ascii.size() - dot <= kKeptExtension + 1;
    const auto extension = has_extension ? ascii.substr(dot) : std::string();
    // What is left may name a device, and gets a '_' in front.
    ascii = ascii.substr(0, kShort - 1 - extension.size()) + extension;
  }
  return without_special(ascii);
}

}  // namespace

std::vector<std::string> plainer_names(std::string_view name) {
  std::vector<std::string> names;
  std::string last(name);
  for (auto next : {without_special(name), short_ascii(without_special(name)), std::string("file")})
    if (!next.empty() && next != last) names.push_back(last = std::move(next));
  return names;
}

bool is_plain_everywhere(std::string_view name) {
  return name.size() <= kShort && name == without_special(name) &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0; });
}

}  // namespace xmppftd
