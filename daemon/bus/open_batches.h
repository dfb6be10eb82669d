// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "bus/caller.h"
#include "io/timer.h"
#include "transfer/queue.h"

namespace xmppftd {

/// Batches that clients have opened and not yet submitted, each its caller's own. One is forgotten,
/// and nothing of it queued, when its caller leaves the bus or does not touch it for five minutes.
class OpenBatches {
 public:
  static constexpr std::size_t kMost = 64;

  explicit OpenBatches(Timers& timers) : timers_(timers) {}

  bool full() const noexcept { return batches_.size() >= kMost; }
  void keep(const Caller& caller, std::unique_ptr<SendBatch> batch);
  /// The batch, for one call that may take its time: until end_use() it is nobody else's. Throws
  /// BadState.
  SendBatch& begin_use(const Caller& caller, const std::string& name);
  /// False: it is forgotten, as it is of no more use. A batch that went meanwhile is none.
  void end_use(const Caller& caller, const std::string& name, bool keep);
  /// Out of here, to be submitted. Throws BadState.
  std::unique_ptr<SendBatch> take(const Caller& caller, const std::string& name);
  void client_left(const Caller& caller);

 private:
  using Key = std::pair<Caller, std::string>;
  struct Open {
    std::unique_ptr<SendBatch> batch;
    std::unique_ptr<Timer> idle;  // null while in use
  };
  Open& find(const Caller& caller, const std::string& name);
  void watch(const Key& key, Open& open);

  Timers& timers_;
  std::map<Key, Open> batches_;
};

}  // namespace xmppftd
