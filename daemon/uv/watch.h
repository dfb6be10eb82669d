// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include "uv/handle.h"

namespace xmppftd {

/// Watches a descriptor of somebody else's for the owner `T`, whose `ready(int status, int events)`
/// it calls; `ready` may destroy the owner. Once this is destroyed the descriptor is free to close
/// or to hand on.
template <class T>
class Watch {
 public:
  Watch(uv_loop_t* loop, int fd, T& owner) : owner_(owner), poll_(new uv_poll_t) {
    uv_must(uv_poll_init(loop, poll_.get(), fd), "uv_poll_init");
    poll_->data = this;
  }
  ~Watch() { uv_poll_stop(poll_.get()); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// UV_READABLE, UV_WRITABLE or 0.
  void want(int events) {
    if (events == wanted_) return;
    wanted_ = events;
    if (events == 0)
      uv_poll_stop(poll_.get());
    else
      uv_must(uv_poll_start(poll_.get(), events, on_event), "uv_poll_start");
  }

 private:
  static void on_event(uv_poll_t* poll, int status, int events) {
    auto* self = static_cast<Watch*>(poll->data);
    if (self == nullptr) return;
    if (status < 0) self->wanted_ = 0;  // libuv stopped watching
    self->owner_.ready(status, events);
  }

  T& owner_;
  UvHandle<uv_poll_t> poll_;
  int wanted_ = 0;
};

}  // namespace xmppftd
