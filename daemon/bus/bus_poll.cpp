// SPDX-License-Identifier: MIT
#include "bus/bus_poll.h"

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <chrono>

#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::string_view kBus = "bus";
// So many messages a turn, then the other work of the loop gets its chance.
constexpr int kQuantum = 64;
// A message brings 16 at most; sdbus-c++ copies each, and so do we.
constexpr std::size_t kSpareFds = 3 * 16;

}  // namespace

BusPoll::BusPoll(Loop& loop, sdbus::IConnection& connection, std::function<void()> on_lost)
    : loop_(loop),
      connection_(connection),
      on_lost_(std::move(on_lost)),
      poll_(new uv_poll_t),
      prepare_(new uv_prepare_t),
      spare_fds_(kSpareFds) {
  uv_must(uv_poll_init(loop.native(), poll_.get(), connection.getEventLoopPollData().fd),
          "uv_poll_init");
  poll_->data = this;
  uv_must(uv_prepare_init(loop.native(), prepare_.get()), "uv_prepare_init");
  prepare_->data = this;
  // A signal that arrived during a synchronous call stays unread without this: the descriptor is
  // silent then, only the timeout of 0 tells.
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) {
    if (auto* self = static_cast<BusPoll*>(handle->data)) self->rearm();
  });
}

BusPoll::~BusPoll() = default;

void BusPoll::drain() {
  spare_fds_.let_go();
  try {
    for (int i = 0; i < kQuantum && poll_; ++i)
      if (!connection_.processPendingRequest()) break;
    spare_fds_.hold();
  } catch (const sdbus::Error& gone) {
    log::error(kBus, "the message bus went away: " + gone.getMessage());
    lost();
  }
}

void BusPoll::rearm() {
  try {
    const auto wanted = connection_.getEventLoopPollData();
    const int events = ((wanted.events & POLLIN) != 0 ? UV_READABLE : 0) |
                       ((wanted.events & POLLOUT) != 0 ? UV_WRITABLE : 0);
    if (events != events_) {
      events_ = events;
      uv_poll_start(poll_.get(), events, [](uv_poll_t* handle, int, int) {
        if (auto* self = static_cast<BusPoll*>(handle->data)) self->drain();
      });
    }
    timer_.reset();
    const int timeout_ms = wanted.getPollTimeout();
    if (timeout_ms >= 0)
      timer_ = loop_.after(std::chrono::milliseconds(timeout_ms), [this] { drain(); });
  } catch (const sdbus::Error& gone) {
    log::error(kBus, "the message bus went away: " + gone.getMessage());
    lost();
  }
}

void BusPoll::lost() {
  poll_.reset();
  prepare_.reset();
  timer_.reset();
  if (on_lost_) on_lost_();
}

}  // namespace xmppftd
