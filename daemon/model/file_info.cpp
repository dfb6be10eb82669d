// SPDX-License-Identifier: MIT
#include "model/file_info.h"

#include "base/bytes.h"
#include "base/text.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxName = 255;  // NAME_MAX
constexpr std::size_t kMaxExtension = 16;
constexpr std::string_view kPartFilePrefix = ".xmppft-";
constexpr std::size_t kPartFileDigits = 16;

void trim_end(std::string& name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
}

struct Split {
  std::string_view stem;
  std::string_view extension;  // with its dot, or ""
};

Split split(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kMaxExtension + 1)
    return {name, ""};
  return {name.substr(0, dot), name.substr(dot)};
}

/// stem + tail + extension, the stem cut so that the whole fits.
std::string fit(std::string_view name, std::string_view tail) {
  const auto parts = split(name);
  std::string stem(cut_text(parts.stem, kMaxName - parts.extension.size() - tail.size()));
  return stem + std::string(tail) + std::string(parts.extension);
}

}  // namespace

std::string safe_file_name(std::string_view from_peer) {
  const auto slash = from_peer.find_last_of("/\\");
  const auto base = slash == std::string_view::npos ? from_peer : from_peer.substr(slash + 1);
  std::string name;
  for (std::size_t i = 0; i < base.size();) {
    const Utf8Character c = utf8_at(base, i);
    if (c.valid && !is_hidden(c.code))
      name.append(base.substr(i, c.length));
    else
      name += '_';
    i += c.length;
  }
  trim_end(name);
  if (name.empty()) return "file";
  if (name.front() == '.' || name.front() == '-' || name.front() == '~' || name.front() == ' ')
    name.front() = '_';
  name = fit(name, "");
  trim_end(name);
  return name.empty() ? "file" : name;
}

std::string numbered_file_name(std::string_view safe_name, unsigned number) {
  return fit(safe_name, " (" + std::to_string(number) + ")");
}

std::string new_part_file_name() {
  return std::string(kPartFilePrefix) + random_hex(kPartFileDigits / 2) +
         std::string(kPartFileSuffix);
}

bool is_part_file_name(std::string_view name, std::string_view suffix) noexcept {
  if (!name.starts_with(kPartFilePrefix)) return false;
  name.remove_prefix(kPartFilePrefix.size());
  return name.find_first_not_of("0123456789abcdef") == kPartFileDigits &&
         name.substr(kPartFileDigits) == suffix;
}

std::string safe_text(std::string_view from_peer, std::size_t max_bytes) {
  std::string text;
  for (std::size_t i = 0; i < from_peer.size();) {
    const Utf8Character c = utf8_at(from_peer, i);
    if (c.valid && !is_hidden(c.code)) {
      if (text.size() + c.length > max_bytes) break;
      text.append(from_peer.substr(i, c.length));
    }
    i += c.length;
  }
  return text;
}

}  // namespace xmppftd
