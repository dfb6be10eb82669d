// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "bus/errors.h"
#include "bus/outgoing.h"

namespace xmppftd {

/// The one answer that a method call is owed. The first of give() and fail() is sent, a second is
/// ignored, and one that is dropped unanswered says so: no caller waits in vain. Throws nothing,
/// and what leaves passes outgoing(). It points into the connection, which must outlive it.
template <class... Results>
class Reply {
 public:
  Reply() = default;  ///< owes nothing
  explicit Reply(sdbus::Result<Results...>&& call) : call_(std::move(call)), owed_(true) {}
  Reply(Reply&& other) noexcept
      : call_(std::move(other.call_)), owed_(std::exchange(other.owed_, false)) {}
  Reply& operator=(Reply&& other) noexcept {
    std::swap(call_, other.call_);
    std::swap(owed_, other.owed_);
    return *this;
  }
  ~Reply() { fail(sdbus::Error(kNoReply, "xmppftd ended before it could answer")); }

  void give(const Results&... results) noexcept {
    if (!std::exchange(owed_, false)) return;
    try {
      call_.returnResults(outgoing(results)...);
    } catch (const std::exception& problem) {
      refuse(sdbus::Error(bus_error_name(Errc::Internal), problem.what()));
    }
  }
  /// An answer that was written by hand (GuardedObject::create_reply).
  void give(const sdbus::MethodReply& written) noexcept {
    if (!std::exchange(owed_, false)) return;
    try {
      written.send();
    } catch (const std::exception& problem) {
      refuse(sdbus::Error(bus_error_name(Errc::Internal), problem.what()));
    }
  }
  void fail(const Error& error) noexcept { fail(to_bus_error(error)); }
  void fail(const sdbus::Error& error) noexcept {
    if (std::exchange(owed_, false)) refuse(error);
  }

  /// Runs `body(Reply&)`; what it throws is the answer.
  template <class F>
  void run(F&& body) noexcept {
    try {
      body(*this);
    } catch (...) {
      fail(what_is_thrown());
    }
  }
  /// The callback of an operation that answers later: runs `body(Reply&, outcome)`, as run() does.
  /// Takes the reply along.
  template <class F>
  auto then(F body) {
    return [reply = std::move(*this), body = std::move(body)](auto&&... outcome) mutable noexcept {
      reply.run([&](Reply& owed) { body(owed, std::forward<decltype(outcome)>(outcome)...); });
    };
  }

 private:
  void refuse(const sdbus::Error& error) noexcept {
    try {
      call_.returnError(sendable(error));
    } catch (const std::exception& problem) {
      log::debug("bus", std::string("a reply was not sent: ") + problem.what());
    }
  }

  sdbus::Result<Results...> call_;
  bool owed_ = false;
};

/// Runs the body of a method, `body(Reply&)`. It answers, or moves the reply into the callback that
/// will; what it throws before that is the answer.
template <class... Results, class F>
void respond(sdbus::Result<Results...>&& call, F&& body) noexcept {
  Reply<Results...>(std::move(call)).run(std::forward<F>(body));
}

/// Answers a method with an outcome that is its whole answer.
template <class... Results, class Outcome>
void answer(Reply<Results...>& reply, const Outcome& outcome) noexcept {
  if (!outcome)
    reply.fail(outcome.error());
  else if constexpr (sizeof...(Results) == 0)
    reply.give();
  else
    reply.give(*outcome);
}

/// The callback of an operation with such an outcome. It takes the reply along, so whatever may
/// throw comes before.
template <class... Results>
auto answering(Reply<Results...>& reply) {
  return reply.then([](auto& owed, const auto& outcome) { answer(owed, outcome); });
}

}  // namespace xmppftd
