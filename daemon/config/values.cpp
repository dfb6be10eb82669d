// SPDX-License-Identifier: MIT
#include "config/values.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "config/user_folders.h"

namespace xmppftd {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr Unit kSizeUnits[] = {
    {"", 1},           {"k", 1000},          {"M", 1000000},
    {"G", 1000000000}, {"T", 1000000000000}, {"Ki", 1u << 10},
    {"Mi", 1u << 20},  {"Gi", 1u << 30},     {"Ti", std::uint64_t{1} << 40}};
constexpr Unit kTimeUnits[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

template <std::size_t N>
Result<std::uint64_t> parse_with_unit(std::string_view text, const Unit (&units)[N],
                                      const char* want) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_decimal(text.substr(0, digits));
  for (const auto& unit : units) {
    if (!number || text.substr(digits) != unit.suffix) continue;
    if (*number >
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor)
      break;
    return *number * unit.factor;
  }
  return Error{Errc::BadArgument, in_quotes(text, 60) + " is not " + want};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizeUnits,
                         "a size; want bytes such as 500000, \"500k\" or \"2Mi\"");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto ms = parse_with_unit(
      text, kTimeUnits, "a time; want for example \"500ms\", \"30s\", \"10m\", \"2h\" or \"7d\"");
  if (!ms) return ms.error();
  return std::chrono::milliseconds(*ms);
}

Result<std::string> expand_path(std::string_view text) {
  std::string path(text);
  if (path == "~" || path.rfind("~/", 0) == 0) {
    auto home = home_folder();
    if (!home) return Error{Errc::BadArgument, "\"" + path + "\": " + home.error().detail};
    path.replace(0, 1, *home);
  }
  if (path.rfind("${", 0) == 0) {
    const auto end = path.find('}');
    const auto name = path.substr(2, end == std::string::npos ? 0 : end - 2);
    const auto value = environment(name.c_str());
    if (end == std::string::npos || value.empty())
      return Error{Errc::BadArgument,
                   "\"" + path + "\": no such variable in the environment; write the path out"};
    path.replace(0, end + 1, value);
  }
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.empty() || path.front() != '/')
    return Error{Errc::BadArgument,
                 "\"" + std::string(text) + "\" is not an absolute path; begin it with / or ~/"};
  return path;
}

std::string did_you_mean(std::string_view word, const std::string_view* candidates,
                         std::size_t count) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (std::size_t c = 0; c < count; ++c) {
    const auto& other = candidates[c];
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const std::size_t change = diagonal + (word[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = other;
    }
  }
  return best;
}

}  // namespace xmppftd
