// SPDX-License-Identifier: MIT
#include "text.h"

#include <wchar.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace xmppftctl {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// One character from the front of `text`; U+FFFD for one byte that does not fit.
char32_t take(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  char32_t c = length == 1   ? lead
               : length == 2 ? lead & 0x1Fu
               : length == 3 ? lead & 0x0Fu
                             : lead & 0x07u;
  bool good = length != 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    c = c << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  good = good && c >= kSmallest[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  text.remove_prefix(good ? length : 1);
  return good ? c : kReplacement;
}

void put(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x061C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

std::size_t columns_of(char32_t c) {
  const int width = ::wcwidth(static_cast<wchar_t>(c));  // needs a UTF-8 LC_CTYPE, which main sets
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

struct Scaled {
  double value;
  std::size_t unit;
};

Scaled scale(double bytes) {
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0
  while (bytes >= (unit == 0 ? 1024 : 1023.95) && unit + 1 < kUnits.size()) bytes /= 1024, ++unit;
  return {bytes, unit};
}

std::string number(double value, bool whole) {
  char text[32];
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.1f", value);
  return text;
}

std::string stamp(std::uint64_t usec, const char* format, bool utc) {
  if (usec == 0) return {};
  const auto seconds = static_cast<std::time_t>(usec / 1'000'000);
  std::tm parts{};
  utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const char32_t c = take(text); !is_hidden(c)) put(out, c);
  }
  return out;
}

std::string why_not_text(std::string_view text) {
  char why[48];
  const auto size = text.size();
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take(text);
    const bool replaced = c == kReplacement && !before.starts_with("\xEF\xBF\xBD");
    if (replaced) {
      std::snprintf(why, sizeof why, "byte %zu (0x%02X) is not UTF-8", size - before.size() + 1,
                    static_cast<unsigned>(static_cast<unsigned char>(before[0])));
      return why;
    }
    if (c == 0 || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE) {
      std::snprintf(why, sizeof why, "U+%04X is %s", static_cast<unsigned>(c),
                    c == 0 ? "not allowed" : "a noncharacter");
      return why;
    }
  }
  return {};
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += columns_of(take(text));
  return width;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const char32_t c = take(text);
    if (width + columns_of(c) > columns - 1) break;
    width += columns_of(c);
    put(out, c);
  }
  return out + "…";
}

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 0) return "?";
  const auto [value, unit] = scale(static_cast<double>(bytes));
  return number(value, unit == 0) + " " + kUnits[unit];
}

std::string human_part(std::uint64_t part, std::int64_t whole) {
  if (whole < 0) return human_bytes(static_cast<std::int64_t>(part));
  const auto [value, unit] = scale(static_cast<double>(whole));
  const double same_unit =
      static_cast<double>(part) / static_cast<double>(std::uint64_t{1} << (10 * unit));
  return number(same_unit, unit == 0) + "/" + number(value, unit == 0) + " " + kUnits[unit];
}

std::string human_rate(std::uint64_t rate) {
  return rate == 0 ? std::string{} : human_bytes(static_cast<std::int64_t>(rate)) + "/s";
}

std::string human_seconds(std::int64_t s) {
  char text[48];
  if (s < 0) return {};
  if (s < 60) {
    std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(s));
  } else if (s < 3600) {
    std::snprintf(text, sizeof text, "%lld min", static_cast<long long>(s / 60));
  } else if (s < 86400) {
    std::snprintf(text, sizeof text, "%lldh%02lld", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60));
  } else {
    std::snprintf(text, sizeof text, "%lldd%02lldh", static_cast<long long>(s / 86400),
                  static_cast<long long>(s / 3600 % 24));
  }
  return text;
}

std::string rfc3339(std::uint64_t usec) {
  if (usec == 0) return {};
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%06uZ", static_cast<unsigned>(usec % 1'000'000));
  return stamp(usec, "%Y-%m-%dT%H:%M:%S", true) + fraction;
}

std::string local_time(std::uint64_t usec) { return stamp(usec, "%Y-%m-%d %H:%M:%S", false); }

std::string id_ranges(const std::vector<std::uint64_t>& ids) {
  std::string out;
  for (std::size_t i = 0; i < ids.size();) {
    std::size_t last = i;
    while (last + 1 < ids.size() && ids[last + 1] == ids[last] + 1) ++last;
    if (!out.empty()) out += ", ";
    out += std::to_string(ids[i]);
    if (last > i) out += "-" + std::to_string(ids[last]);
    i = last + 1;
  }
  return out;
}

std::string_view nearest(std::string_view typed, const std::vector<std::string_view>& words) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view word : words) {
    // Edits, where a swap of neighbours is one: d[i][j] is the distance of the first i and j
    // letters.
    std::vector d(typed.size() + 1, std::vector<std::size_t>(word.size() + 1));
    for (std::size_t i = 0; i <= typed.size(); ++i) {
      for (std::size_t j = 0; j <= word.size(); ++j) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        const bool same = typed[i - 1] == word[j - 1];
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0 : 1)});
        const bool swapped =
            i > 1 && j > 1 && typed[i - 1] == word[j - 2] && typed[i - 2] == word[j - 1];
        if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
    const bool abbreviated = typed.size() >= 2 && word.starts_with(typed);
    const std::size_t distance = abbreviated ? 1 : d[typed.size()][word.size()];
    if (distance < best_distance) best_distance = distance, best = word;
  }
  return best;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) (text += text.empty() ? "" : between) += word;
  return text;
}

std::string plural(std::uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

}  // namespace xmppftctl
