// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <functional>
#include <vector>

#include "uv/handle.h"
#include "uv/loop.h"

namespace xmppftd {

/// Turns SIGTERM, SIGINT and SIGHUP into calls on the loop, and has SIGPIPE ignored. One per
/// process; while it lives those signals have no other effect.
class Signals {
 public:
  struct Handlers {
    std::function<void()> stop;    ///< SIGTERM, SIGINT
    std::function<void()> reload;  ///< SIGHUP
  };
  Signals(Loop& loop, Handlers handlers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  Handlers handlers_;
  std::vector<UvHandle<uv_signal_t>> watches_;
};

}  // namespace xmppftd
