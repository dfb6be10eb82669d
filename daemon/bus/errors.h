// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>

#include "base/result.h"

namespace xmppftd {

inline constexpr const char* kInvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
inline constexpr const char* kNoReply = "org.freedesktop.DBus.Error.NoReply";

/// The one table Errc -> D-Bus error name; the names are documented in
/// dbus/org.xmppft.Manager1.xml.
std::string bus_error_name(Errc code);
sdbus::Error to_bus_error(const Error& error);
sdbus::Error invalid_args(const std::string& message);

/// What was thrown, as it may leave: an error of ours as it is, anything else as Internal. Within a
/// catch block only.
sdbus::Error what_is_thrown();

/// JobRecord::error_name -> "org.xmppft.Error.Job.Declined"; "" stays "".
std::string job_error_name(const std::string& error_name);

/// The error as it may leave: a text that D-Bus can carry, of at most 4096 bytes. An error of the
/// D-Bus library itself becomes InvalidArgs: it could not read an argument.
sdbus::Error sendable(const sdbus::Error& error);

}  // namespace xmppftd
