// SPDX-License-Identifier: MIT
#include "uv/signals.h"

#include <csignal>

namespace xmppftd {

Signals::Signals(Loop& loop, Handlers handlers) : handlers_(std::move(handlers)) {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    auto& watch = watches_.emplace_back(new uv_signal_t);
    uv_must(uv_signal_init(loop.native(), watch.get()), "uv_signal_init");
    watch->data = this;
    uv_must(uv_signal_start(
                watch.get(),
                [](uv_signal_t* handle, int received) {
                  auto* self = static_cast<Signals*>(handle->data);
                  if (self == nullptr) return;
                  const auto call =
                      received == SIGHUP ? self->handlers_.reload : self->handlers_.stop;
                  if (call) call();  // may destroy self
                },
                number),
            "uv_signal_start");
  }
}

Signals::~Signals() {
  for (auto& watch : watches_) uv_signal_stop(watch.get());
}

}  // namespace xmppftd
