// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "base/callback.h"
#include "base/result.h"
#include "bus/errors.h"

namespace xmppftd {

/// Answers a method that returns nothing.
inline void answer(const sdbus::Result<>& reply, const Result<void>& result) {
  if (result)
    reply.returnResults();
  else
    reply.returnError(to_bus_error(result.error()));
}

/// The callback of an operation whose outcome is the method's whole answer.
inline Callback<void(Result<void>)> answering(sdbus::Result<>&& reply) {
  return [reply = std::move(reply)](Result<void> result) { answer(reply, result); };
}

}  // namespace xmppftd
