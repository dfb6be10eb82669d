// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>

#include "base/digest.h"
#include "base/text.h"

namespace xmppftd::log {
namespace {

constexpr int kLinesPerSecond = 20;
constexpr std::size_t kMaxPeerText = 200;
constexpr std::size_t kMaxShyExtension = 17;
constexpr std::size_t kMaxFact = 4096;

std::atomic<Level> threshold{Level::Info};

/// Counts the lines of one domain within the running second.
struct Budget {
  std::chrono::steady_clock::time_point since;
  int lines = 0;
  int dropped = 0;
};

void write_line(Level level, std::string_view domain, std::string_view fact) {
  // sd-daemon(3) prefixes: journald reads the priority, people ignore it.
  const char* prefix = "<7>";
  switch (level) {
    case Level::Debug: prefix = "<7>"; break;
    case Level::Info: prefix = "<6>"; break;
    case Level::Warning: prefix = "<4>"; break;
    case Level::Error: prefix = "<3>"; break;
  }
  std::string line = prefix;
  // The last guard of the journal: whatever a fact quotes, the line is one line of text.
  line.append(domain).append(": ").append(xmppftd::printable(fact, kMaxFact)).append("\n");
  // One write keeps lines of several threads whole. A log that cannot be written must not stop the
  // daemon.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void write_limited(Level level, std::string_view domain, std::string_view fact) {
  static std::mutex mutex;
  static std::map<std::string, Budget, std::less<>> budgets;
  const std::lock_guard lock(mutex);
  auto found = budgets.find(domain);
  if (found == budgets.end()) found = budgets.emplace(domain, Budget{}).first;
  Budget& budget = found->second;
  const auto now = std::chrono::steady_clock::now();
  if (now - budget.since >= std::chrono::seconds(1)) {
    if (budget.dropped > 0)
      write_line(level, domain,
                 std::to_string(budget.dropped) + " more lines like this were dropped");
    budget = {now, 0, 0};
  }
  if (++budget.lines > kLinesPerSecond)
    ++budget.dropped;
  else
    write_line(level, domain, fact);
}

}  // namespace

void set_level(Level level) noexcept { threshold.store(level, std::memory_order_relaxed); }
bool enabled(Level level) noexcept { return level >= threshold.load(std::memory_order_relaxed); }

void debug(std::string_view domain, std::string_view fact) {
  if (enabled(Level::Debug)) write_line(Level::Debug, domain, fact);
}
void info(std::string_view domain, std::string_view fact) {
  if (enabled(Level::Info)) write_line(Level::Info, domain, fact);
}
void warning(std::string_view domain, std::string_view fact) {
  if (enabled(Level::Warning)) write_limited(Level::Warning, domain, fact);
}
void error(std::string_view domain, std::string_view fact) {
  write_limited(Level::Error, domain, fact);
}

std::string printable(std::string_view text) { return xmppftd::printable(text, kMaxPeerText); }

std::string shy(std::string_view jid) {
  const auto bare = jid.substr(0, jid.find('/'));
  const auto at = bare.find('@');
  const auto domain = at == std::string_view::npos ? bare : bare.substr(at + 1);
  std::string text;
  if (at != std::string_view::npos)
    text = printable(cut_text(bare, utf8_at(bare, 0).length)) + "...@";
  return text + printable(domain) + "#" +
         Digest::of(HashAlgo::Sha256, view_of(jid)).hex.substr(0, 4);
}

std::string shy_name(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  return dot == std::string_view::npos
             ? "..."
             : "..." + xmppftd::printable(file_name.substr(dot), kMaxShyExtension);
}

}  // namespace xmppftd::log
