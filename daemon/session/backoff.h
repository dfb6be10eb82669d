// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

#include "base/result.h"

namespace xmppftd {

/// How long to wait before the next login. A lost or unreachable
/// server: 1, 2, 4 ... 300 s, each +-20 % so that a server's clients do not all come at once. A
/// refused password or certificate: 5 minutes, then an hour each, never less. Another session with
/// our resource: a minute, never less.
class Backoff {
 public:
  /// `random` gives numbers from 0 up to, but not, 1.
  explicit Backoff(std::function<double()> random) : random_(std::move(random)) {}

  /// The wait after an attempt that failed, or a session that ended after `lasted` (0 for an
  /// attempt). Only a session of a minute or more starts the series anew: one that dies at once
  /// counts as another failure.
  std::chrono::milliseconds next(Errc why, std::chrono::milliseconds lasted);
  /// The user or the network gave new hope: start from the beginning.
  void reset();

 private:
  std::chrono::milliseconds spread(std::chrono::milliseconds wait, double from, double to);

  std::function<double()> random_;
  unsigned failures_ = 0;
  unsigned refusals_ = 0;
};

}  // namespace xmppftd
