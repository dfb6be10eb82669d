// SPDX-License-Identifier: MIT
#include "xep/xep0082_date.h"

#include <array>
#include <cstdio>

namespace xmppftd {
namespace {

using namespace std::chrono;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads from the front of `text`, and remembers the first thing that was not there.
struct Reader {
  std::string_view text;
  bool ok = true;

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= text.size() || !is_digit(text[i])) {
        ok = false;
        return 0;
      }
      value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
  }
  bool has(char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }
  void want(char c) { ok = has(c) && ok; }
  int number_up_to(int max) {
    const int value = number(2);
    if (value > max) ok = false;
    return value;
  }
};

void skip_fraction(Reader& in) {
  if (!in.has('.')) return;
  if (in.text.empty() || !is_digit(in.text.front())) in.ok = false;
  while (!in.text.empty() && is_digit(in.text.front())) in.text.remove_prefix(1);
}

minutes read_offset(Reader& in) {
  if (in.text.empty() || in.has('Z')) return minutes(0);
  const bool west = in.has('-');
  if (!west) in.want('+');
  const hours h(in.number_up_to(23));
  in.want(':');
  const minutes total = h + minutes(in.number_up_to(59));
  return west ? -total : total;
}

}  // namespace

std::optional<sys_seconds> parse_date_time(std::string_view text) noexcept {
  Reader in{text};
  const year y(in.number(4));
  const bool dashes = in.has('-');  // COMPAT old clients: XEP-0091's 20261122T16:21:25
  const month m(static_cast<unsigned>(in.number(2)));
  if (dashes) in.want('-');
  const day d(static_cast<unsigned>(in.number(2)));
  in.want('T');
  const hours h(in.number_up_to(23));
  in.want(':');
  const minutes min(in.number_up_to(59));
  in.want(':');
  const seconds s(in.number_up_to(60));  // a leap second is the next minute's first
  skip_fraction(in);                     // COMPAT QXmpp: milliseconds
  const minutes offset = read_offset(in);
  const year_month_day date = y / m / d;
  if (!in.ok || !in.text.empty() || !date.ok()) return std::nullopt;
  return sys_days(date) + h + min + s - offset;
}

std::string to_date_time(sys_seconds moment) {
  const auto days = floor<std::chrono::days>(moment);
  const year_month_day date(days);
  const hh_mm_ss time(moment - days);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text.data();
}

}  // namespace xmppftd
