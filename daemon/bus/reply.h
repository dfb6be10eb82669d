// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "base/callback.h"
#include "base/result.h"
#include "bus/errors.h"

namespace xmppftd {

/// Answers a method that returns nothing. Once the bus is lost there is nobody to answer.
inline void answer(const sdbus::Result<>& reply, const Result<void>& result) {
  try {
    if (result)
      reply.returnResults();
    else
      reply.returnError(to_bus_error(result.error()));
  } catch (const sdbus::Error&) {
  }
}

/// The callback of an operation whose outcome is the method's whole answer.
inline Callback<void(Result<void>)> answering(sdbus::Result<>&& reply) {
  return [reply = std::move(reply)](Result<void> result) { answer(reply, result); };
}

}  // namespace xmppftd
