// SPDX-License-Identifier: MIT
#include "progress.h"

#include <unistd.h>
#include <clocale>

#include <algorithm>
#include <cstdlib>

#include "output.h"
#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::size_t kBar = 24;
constexpr std::size_t kName = 20;

std::string padded(std::string_view text, std::size_t columns) {
  std::string out = cut(text, columns);
  out.append(columns - display_width(out), ' ');
  return out;
}

void append(std::string& line, std::string_view part) {
  if (!part.empty()) line.append("  ").append(part);
}

/// Bar and numbers; what does not fit is left out from the right.
std::string moving_line(const std::string& head, std::uint64_t done, std::int64_t size,
                        std::uint64_t rate, std::int64_t eta, const std::string& way,
                        std::size_t width, bool utf8) {
  std::string line = head;
  if (size >= 0) {
    const double part =
        size == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(size));
    append(line, bar(part, kBar, utf8));
    const std::string percent = std::to_string(static_cast<int>(part * 100));
    append(line, std::string(3 - std::min<std::size_t>(3, percent.size()), ' ') + percent + " %");
  }
  append(line, human_part(done, size));
  append(line, human_rate(rate));
  append(line, human_seconds(eta));
  append(line, way);
  return width == 0 ? line : cut(line, width);
}

}  // namespace

const std::vector<std::string>& JobView::fields() const {
  static const std::vector<std::string> kShown = {"Name", "State",       "StateReason",
                                                  "Size", "Transferred", "Rate",
                                                  "Eta",  "Method",      "MethodDetail"};
  return kShown;
}

const std::vector<std::string>& LineView::fields() const {
  static const std::vector<std::string> kAll;
  return full_ ? kAll : JobView::fields();
}

bool terminal_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

std::string bar(double part, std::size_t columns, bool utf8) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths =
      static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(columns) * 8);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += utf8 ? "█" : "#";
  std::size_t used = eighths / 8;
  if (utf8 && eighths % 8 != 0) out += kEighths[eighths % 8], ++used;
  out.append(columns - used, utf8 ? ' ' : '-');
  return out;
}

std::string progress_line(const Job& job, std::size_t width, bool utf8) {
  const std::string head = std::to_string(job.id) + " " + padded(printable(job.name), kName);
  if (job.state == "active") {
    return moving_line(head, job.transferred, job.size, job.rate, job.eta,
                       job.reason.empty() ? job.way() : job.reason, width, utf8);
  }
  std::string line = head + "  " + job.state;
  if (!job.reason.empty()) line += " (" + job.reason + ")";
  return width == 0 ? line : cut(line, width);
}

std::string total_line(const std::vector<Job>& jobs, std::size_t width, bool utf8) {
  std::uint64_t done = 0, rate = 0, active = 0;
  std::int64_t size = 0;
  for (const auto& job : jobs) {
    if (job.state != "active") continue;
    ++active;
    done += job.transferred;
    rate += job.rate;
    size = size < 0 || job.size < 0 ? -1 : size + job.size;
  }
  const bool known = rate > 0 && size >= 0 && done <= static_cast<std::uint64_t>(size);
  const auto eta =
      known ? static_cast<std::int64_t>((static_cast<std::uint64_t>(size) - done) / rate) : -1;
  return moving_line("total " + std::to_string(active) + " active", done, size, rate, eta, "",
                     width, utf8);
}

std::string change_line(const Job& job) {
  std::string line = std::to_string(job.id) + " " + printable(job.name) + ": " + job.state;
  if (!job.reason.empty()) line += ", " + job.reason;
  if (job.is_moving() && !job.method.empty()) line += ", " + job.way();
  return line;
}

void BarView::update(const std::vector<Job>& jobs) {
  const std::size_t width = Output::columns(fd_) - (Output::columns(fd_) > 0 ? 1 : 0);
  const std::size_t room = std::max<std::size_t>(Output::rows(fd_), 4) - 2;
  std::vector<std::string> lines;
  std::size_t active = 0;
  for (const auto& job : jobs) active += job.state == "active";
  if (active > 1) lines.push_back(total_line(jobs, width, utf8_));
  std::size_t hidden = 0;
  for (const bool moving : {true, false}) {  // moving ones first
    for (const auto& job : jobs) {
      if (job.is_final() || job.is_moving() != moving) continue;
      if (lines.size() + 1 < room) {
        lines.push_back(progress_line(job, width, utf8_));
      } else {
        ++hidden;
      }
    }
  }
  if (hidden > 0) lines.push_back("and " + plural(hidden, "more job"));
  draw(lines);
}

void BarView::draw(const std::vector<std::string>& lines) {
  std::string text;
  if (drawn_ > 0) text += "\033[" + std::to_string(drawn_) + "A";
  text += "\r\033[J";
  for (const auto& line : lines) text += line + "\n";
  drawn_ = lines.size();
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put <= 0) return;  // a terminal that is gone needs no bars
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

void LineView::update(const std::vector<Job>& jobs) {
  for (const auto& job : jobs) {
    std::string line = render_(job);
    std::string& last = last_[job.id];
    if (line == last) continue;
    emit_(line);
    last = std::move(line);
  }
}

void LineView::removed(std::uint64_t id) {
  last_.erase(id);
  if (const auto line = render_removed_(id); !line.empty()) emit_(line);
}

}  // namespace xmppftctl
