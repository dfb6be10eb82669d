// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "job.h"

namespace xmppftctl {

/// "████████████▌        " of `columns` columns; ASCII ("####---") where the terminal is not UTF-8.
std::string bar(double part, std::size_t columns, bool utf8);

/// One job on one line of at most `width` columns: name, bar, percent, bytes, rate, time left,
/// method; or name and what it waits for.
std::string progress_line(const Job& job, std::size_t width, bool utf8);
/// The sum of the moving jobs: "total 3 active  ████▏  21 %  812 MiB/3.9 GiB  2.1 MiB/s  25 min".
std::string total_line(const std::vector<Job>& jobs, std::size_t width, bool utf8);
/// One state change on one line, for logs and pipes: "25 big.iso: active, si-socks5/direct".
std::string change_line(const Job& job);

/// Somebody who is shown jobs while they go on.
class JobView {
 public:
  virtual ~JobView() = default;
  /// Wants update() at 2 Hz, not only on changes of state.
  virtual bool wants_ticks() const = 0;
  /// The fields of a job that it shows, as in ListJobs; empty = all.
  virtual const std::vector<std::string>& fields() const;
  /// Jobs as they are now: all that are followed and not finished, and those that just changed.
  virtual void update(const std::vector<Job>& jobs) = 0;
  virtual void removed(std::uint64_t id) = 0;
  /// Nothing more comes: leave the terminal clean.
  virtual void close() = 0;
};

/// A block of bars at the bottom of a terminal, drawn over itself.
class BarView final : public JobView {
 public:
  BarView(int fd, bool utf8) : fd_(fd), utf8_(utf8) {}
  bool wants_ticks() const override { return true; }
  void update(const std::vector<Job>& jobs) override;
  void removed(std::uint64_t) override {}
  void close() override { draw({}); }

 private:
  void draw(const std::vector<std::string>& lines);

  int fd_;
  bool utf8_;
  std::size_t drawn_ = 0;  ///< lines on the screen
};

/// One line whenever what `render` says of a job differs from the line before. A full one looks at
/// every field, and at 2 Hz; else it is changes of state that count.
class LineView final : public JobView {
 public:
  using Render = std::function<std::string(const Job&)>;
  using Emit = std::function<void(std::string_view)>;
  LineView(Render render, std::function<std::string(std::uint64_t)> render_removed, Emit emit,
           bool full)
      : render_(std::move(render)),
        render_removed_(std::move(render_removed)),
        emit_(std::move(emit)),
        full_(full) {}
  bool wants_ticks() const override { return full_; }
  const std::vector<std::string>& fields() const override;
  void update(const std::vector<Job>& jobs) override;
  void removed(std::uint64_t id) override;
  void close() override {}

 private:
  Render render_;
  std::function<std::string(std::uint64_t)> render_removed_;
  Emit emit_;
  bool full_;
  std::map<std::uint64_t, std::string> last_;
};

/// Is this terminal's character set UTF-8 (by the locale)?
bool terminal_is_utf8();

}  // namespace xmppftctl
