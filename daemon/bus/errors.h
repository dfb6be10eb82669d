// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>

#include "base/result.h"

namespace xmppftd {

inline constexpr const char* kInvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";

/// The one table Errc -> D-Bus error name (INTERFACE section 2.5).
std::string bus_error_name(Errc code);
sdbus::Error to_bus_error(const Error& error);
sdbus::Error invalid_args(const std::string& message);

/// JobRecord::error_name -> "org.xmppft.Error.Job.Declined"; "" stays "".
std::string job_error_name(const std::string& error_name);

/// Runs a handler's body: only sdbus::Error may leave a handler, anything else would end the process.
template <class F>
auto guarded(F&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const sdbus::Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw sdbus::Error("org.xmppft.Error.Internal", problem.what());
  }
}

}  // namespace xmppftd
