// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace xmppftctl {

/// What a shell learns.
inline constexpr int kOk = 0;
inline constexpr int kRefused = 1;    ///< refused, done in part, or the answer could not be written
inline constexpr int kUsage = 2;      ///< usage or bad input
inline constexpr int kNoSuch = 3;     ///< no such job or account
inline constexpr int kJobFailed = 4;  ///< an awaited job failed, or was declined or cancelled
inline constexpr int kNoDaemon = 5;   ///< bus or daemon not reachable
inline constexpr int kNotOnline = 6;  ///< not online, or authentication
inline constexpr int kNoPermission = 7;   ///< permission, or a file that cannot be read
inline constexpr int kTimedOut = 124;     ///< --timeout passed
inline constexpr int kInterrupted = 130;  ///< Ctrl-C; jobs go on

/// Error names that this program raises itself; the daemon's own come as they are.
namespace error {
inline constexpr std::string_view kUsage = "org.freedesktop.DBus.Error.InvalidArgs";
inline constexpr std::string_view kTimedOut = "org.freedesktop.DBus.Error.Timeout";
inline constexpr std::string_view kNoDaemon = "org.freedesktop.DBus.Error.ServiceUnknown";
inline constexpr std::string_view kNoBus = "org.freedesktop.DBus.Error.NoServer";
inline constexpr std::string_view kNoSuchJob = "org.xmppft.Error.NoSuchJob";
inline constexpr std::string_view kNoSuchAccount = "org.xmppft.Error.NoSuchAccount";
inline constexpr std::string_view kUnreadable = "org.xmppft.Error.Unreadable";
inline constexpr std::string_view kNotRegularFile = "org.xmppft.Error.NotRegularFile";
inline constexpr std::string_view kBadState = "org.xmppft.Error.BadState";
inline constexpr std::string_view kTooMany = "org.xmppft.Error.TooMany";
inline constexpr std::string_view kAuthFailed = "org.xmppft.Error.AuthFailed";
inline constexpr std::string_view kNotOnline = "org.xmppft.Error.NotOnline";
inline constexpr std::string_view kDiskFull = "org.xmppft.Error.DiskFull";
inline constexpr std::string_view kUnwritable = "org.freedesktop.DBus.Error.IOError";
}  // namespace error

/// The end of a command that did not work. A command is a straight line that stops at the first
/// failure, and both libraries under it throw, so this is thrown too and caught once, in main.
struct Failure {
  std::string name;     ///< D-Bus error name; the exit code follows from it (errors.h)
  std::string message;  ///< one line: what is wrong, with the value
  std::string hint;     ///< what to do about it; "" = the one of the error table
};

/// Bad input: exit 2.
inline Failure usage(std::string message, std::string hint = {}) {
  return {std::string(error::kUsage), std::move(message), std::move(hint)};
}

}  // namespace xmppftctl
