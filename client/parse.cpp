// SPDX-License-Identifier: MIT
#include "parse.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "failure.h"
#include "text.h"

namespace xmppftctl {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view rule) {
  throw usage(std::string(what) + " '" + printable(text) + "': " + std::string(rule));
}

struct Amount {
  double value;
  std::string_view unit;
};

/// "2.5Mi" -> 2.5, "Mi". No sign, no exponent, no space before the number.
std::optional<Amount> split_amount(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [stop, bad] =
      std::from_chars(text.data(), text.data() + end, value, std::chars_format::fixed);
  if (end == 0 || bad != std::errc{} || stop != text.data() + end) return std::nullopt;
  std::string_view unit = text.substr(end);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  return Amount{value, unit};
}

}  // namespace

std::chrono::microseconds parse_duration(std::string_view what, std::string_view text) {
  constexpr std::string_view kRule = "want a time such as 30s, 10m, 2h or 1d";
  const auto amount = split_amount(text);
  if (!amount) refuse(what, text, kRule);
  const std::string_view u = amount->unit;
  const double seconds = u == "ms"                ? 1e-3
                         : u == "s"               ? 1
                         : u == "m" || u == "min" ? 60
                         : u == "h"               ? 3600
                         : u == "d"               ? 86400
                                                  : 0;
  const double total = amount->value * seconds;
  if (total < 1e-3 || total > 10 * 366 * 86400.0) refuse(what, text, kRule);
  return std::chrono::microseconds(std::llround(total * 1e6));
}

std::uint64_t parse_size(std::string_view what, std::string_view text) {
  constexpr std::string_view kRule = "want a size in bytes such as 500000, 500k or 100Mi";
  const auto amount = split_amount(text);
  if (!amount) refuse(what, text, kRule);
  std::string_view unit = amount->unit;
  if (unit.ends_with('B')) unit.remove_suffix(1);
  double factor = 1;
  if (!unit.empty()) {
    const std::size_t power = std::string_view("kMGT").find(unit[0] == 'K' ? 'k' : unit[0]);
    const bool binary = unit.size() == 2 && unit[1] == 'i';
    if (power == std::string_view::npos || (unit.size() != 1 && !binary)) refuse(what, text, kRule);
    factor = std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
  }
  const double bytes = amount->value * factor;
  if (bytes >= 0x1p63) refuse(what, text, kRule);
  return static_cast<std::uint64_t>(std::llround(bytes));
}

std::int64_t parse_number(std::string_view what, std::string_view text, std::int64_t least,
                          std::int64_t most) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, bad] = std::from_chars(text.data(), end, value);
  if (bad != std::errc{} || stop != end || value < least || value > most) {
    refuse(what, text,
           "want a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

std::vector<std::string> parse_list(std::string_view what, std::string_view text) {
  std::vector<std::string> out;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    std::string_view word = rest.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) refuse(what, text, "want words with a comma between them; one is empty");
    out.emplace_back(word);
    if (comma == rest.npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::string parse_jid(std::string_view what, std::string_view text) {
  constexpr std::string_view kScheme = "xmpp:";
  const bool is_uri =
      text.size() >= kScheme.size() &&
      std::equal(kScheme.begin(), kScheme.end(), text.begin(), [](char scheme, char c) {
        return scheme == (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
      });
  if (!is_uri) return std::string(text);
  std::string_view path = text.substr(kScheme.size());
  path = path.substr(0, path.find_first_of("?#"));
  if (path.starts_with("//")) {  // xmpp://account/JID; without a JID many mean the account by it
    path.remove_prefix(2);
    if (const auto slash = path.find('/'); slash != path.npos && slash + 1 < path.size())
      path.remove_prefix(slash + 1);
    while (path.ends_with('/')) path.remove_suffix(1);
  }
  std::string jid;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      jid += path[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = path.data() + i + 1;
    const bool whole = i + 2 < path.size();
    if (!whole || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 || byte == 0)
      refuse(what, text, "'%' begins no escape; want for example xmpp:bob@example.net");
    jid += static_cast<char>(byte);
    i += 2;
  }
  if (jid.empty()) refuse(what, text, "names nobody; want for example xmpp:bob@example.net");
  if (const auto why = why_not_text(jid); !why.empty())
    refuse(what, text, "what it escapes is no text: " + why);
  return jid;
}

std::string parse_word(std::string_view what, std::string_view text,
                       const std::vector<std::string_view>& words) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
  std::string rule = "want one of";
  for (const auto word : words) rule += " " + std::string(word);
  if (const auto meant = nearest(text, words); !meant.empty())
    rule += "; did you mean '" + std::string(meant) + "'?";
  refuse(what, text, rule);
}

}  // namespace xmppftctl
