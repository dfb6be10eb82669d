// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <utility>

#include "base/callback.h"
#include "base/log.h"
#include "base/result.h"
#include "bus/errors.h"
#include "bus/outgoing.h"

namespace xmppftd {

/// The one answer that a method call is owed. The first of give() and fail() is sent, a second is
/// ignored, and one that is dropped unanswered says so: no caller waits in vain. Throws nothing.
/// It points into the connection, which must outlive it.
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
  void fail(const Error& error) noexcept { fail(to_bus_error(error)); }
  void fail(const sdbus::Error& error) noexcept {
    if (std::exchange(owed_, false)) refuse(error);
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
  Reply<Results...> reply(std::move(call));
  try {
    body(reply);
  } catch (const sdbus::Error& problem) {
    reply.fail(problem);
  } catch (const std::exception& problem) {
    reply.fail(Error{Errc::Internal, problem.what()});
  }
}

/// Answers a method that returns nothing.
inline void answer(Reply<>& reply, const Result<void>& result) noexcept {
  if (result)
    reply.give();
  else
    reply.fail(result.error());
}

/// The callback of an operation whose outcome is the method's whole answer.
inline Callback<void(Result<void>)> answering(Reply<>& reply) {
  return [reply = std::move(reply)](Result<void> result) mutable { answer(reply, result); };
}

}  // namespace xmppftd
