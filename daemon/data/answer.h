// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/callback.h"
#include "base/result.h"
#include "io/poster.h"

namespace xmppftd {

/// The far end of one callback of core's: another thread gives the answer, core's loop calls the
/// callback, if it still waits. The callback itself never leaves core's thread, as it may own
/// objects of that thread.
template <class T>
class Answer {
 public:
  using Ticket = Callback<void(Result<T>)>;
  Answer(Poster& core, std::weak_ptr<Ticket> ticket) : core_(&core), ticket_(std::move(ticket)) {}

  /// False once nobody waits any more: work for it can be skipped. Any thread.
  bool wanted() const noexcept { return !ticket_.expired(); }
  /// Once, from any thread.
  void give(Result<T> result) {
    core_->post([ticket = std::move(ticket_), result = std::move(result)]() mutable {
      auto waiting = ticket.lock();
      if (waiting == nullptr) return;
      auto call = std::move(*waiting);
      waiting.reset();
      call(std::move(result));
    });
  }

 private:
  Poster* core_;
  std::weak_ptr<Ticket> ticket_;
};

/// Callbacks on core's thread that wait for answers of other threads. When it is destroyed none of
/// them is called.
class Waiting {
 public:
  explicit Waiting(Poster& core) : core_(core) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  bool empty() const noexcept { return tickets_.empty(); }

  /// `done` may destroy this object.
  template <class T>
  Answer<T> expect(Callback<void(Result<T>)> done) {
    const auto id = next_++;
    auto ticket = std::make_shared<typename Answer<T>::Ticket>(
        [this, id, done = std::move(done)](Result<T> result) mutable {
          tickets_.erase(id);
          done(std::move(result));
        });
    Answer<T> answer(core_, ticket);
    tickets_.emplace(id, std::move(ticket));
    return answer;
  }

 private:
  Poster& core_;
  std::uint64_t next_ = 0;
  // Shared only so that an Answer can see that nobody waits any more.
  std::unordered_map<std::uint64_t, std::shared_ptr<void>> tickets_;
};

}  // namespace xmppftd
