// SPDX-License-Identifier: MIT
#pragma once

#include "base/callback.h"

namespace xmppftd {

/// Runs short blocking work (a settings file to write) away from the calling thread's loop.
class Background {
 public:
  virtual ~Background() = default;
  /// `work` runs on another thread, one at a time and in order; then `then` on the caller's loop.
  /// Work begun is always finished; `then` is not called after the Background is destroyed.
  virtual void run(Callback<void()> work, Callback<void()> then) = 0;
};

}  // namespace xmppftd
