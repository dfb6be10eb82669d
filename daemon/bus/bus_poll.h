// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <functional>
#include <memory>

#include "bus/spare_fds.h"
#include "io/timer.h"
#include "uv/handle.h"
#include "uv/loop.h"

namespace sdbus {
class IConnection;
}

namespace xmppftd {

/// Lets a bus connection live on a libuv loop: its descriptor is polled, its timeout honoured, and
/// after each turn in which something was queued its events are read anew.
class BusPoll {
 public:
  /// `on_lost` is called once, when the bus went away; the connection must not be used after that.
  BusPoll(Loop& loop, sdbus::IConnection& connection, std::function<void()> on_lost);
  ~BusPoll();
  BusPoll(const BusPoll&) = delete;
  BusPoll& operator=(const BusPoll&) = delete;

 private:
  void drain();
  void rearm();
  void lost();

  Loop& loop_;
  sdbus::IConnection& connection_;
  std::function<void()> on_lost_;
  UvHandle<uv_poll_t> poll_;
  UvHandle<uv_prepare_t> prepare_;
  std::unique_ptr<Timer> timer_;
  SpareFds spare_fds_;
  int events_ = 0;
};

}  // namespace xmppftd
