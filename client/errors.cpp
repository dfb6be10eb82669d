// SPDX-License-Identifier: MIT
#include "errors.h"

#include <algorithm>
#include <iterator>

#include "failure.h"

namespace xmppftctl {
namespace {

struct Row {
  std::string_view name;
  int exit;
  std::string_view remedy;
};

constexpr std::string_view kStart =
    "start it: systemctl --user start xmppftd, or without systemd: xmppftd &; if it runs on "
    "another "
    "bus, set DBUS_SESSION_BUS_ADDRESS to that one";
constexpr std::string_view kBus =
    "if xmppftd runs already, set DBUS_SESSION_BUS_ADDRESS to the bus that it runs on; if not, "
    "give "
    "both one: dbus-run-session -- sh, and there: xmppftd &";

constexpr Row kRows[] = {
    {"org.xmppft.Error.NoSuchJob", kNoSuch, "xmppftctl queue list"},
    {"org.xmppft.Error.NoSuchAccount", kNoSuch, "xmppftctl account list"},
    {"org.xmppft.Error.BadJid", kUsage,
     "a JID looks like bob@example.net or bob@example.net/phone"},
    {"org.xmppft.Error.BadUri", kUsage, ""},
    {"org.xmppft.Error.BadFd", kUsage, ""},
    {"org.xmppft.Error.Config", kUsage, ""},
    {"org.freedesktop.DBus.Error.InvalidArgs", kUsage, ""},
    {"org.xmppft.Error.BadState", kRefused, ""},
    {"org.xmppft.Error.Exists", kRefused, ""},
    {"org.xmppft.Error.TooMany", kRefused, ""},
    {"org.xmppft.Error.DiskFull", kRefused, "make room, then do it again"},
    {"org.xmppft.Error.Unreadable", kNoPermission, ""},
    {"org.xmppft.Error.NotRegularFile", kNoPermission, ""},
    {"org.xmppft.Error.Sandboxed", kNoPermission, ""},
    {"org.freedesktop.DBus.Error.AccessDenied", kNoPermission, ""},
    {"org.xmppft.Error.NotOnline", kNotOnline,
     "xmppftctl status tells why; xmppftctl account connect"},
    {"org.xmppft.Error.NoPassword", kNotOnline, "xmppftctl account passwd ID"},
    {"org.xmppft.Error.AuthFailed", kNotOnline, "xmppftctl account passwd ID"},
    {"org.xmppft.Error.SecretStore", kNotOnline, ""},
    // The daemon or the bus is not there. sd-bus reports a broken connection by errno names.
    {"org.freedesktop.DBus.Error.ServiceUnknown", kNoDaemon, kStart},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", kNoDaemon, kStart},
    {"org.freedesktop.DBus.Error.NoReply", kNoDaemon,
     "see what it says: journalctl --user -u xmppftd"},
    {"org.freedesktop.DBus.Error.NoServer", kNoDaemon, kBus},
    {"org.freedesktop.DBus.Error.FileNotFound", kNoDaemon, kBus},
    {"org.freedesktop.DBus.Error.Disconnected", kNoDaemon, kBus},
    {"System.Error.ECONNREFUSED", kNoDaemon, kBus},
    {"System.Error.ECONNRESET", kNoDaemon, kBus},
    {"System.Error.ENOMEDIUM", kNoDaemon, kBus},
    {"System.Error.ENOTCONN", kNoDaemon, kBus},
    {"System.Error.ENOENT", kNoDaemon, kBus},
    {"org.freedesktop.DBus.Error.Timeout", kTimedOut, ""},
    {"System.Error.ETIMEDOUT", kTimedOut, ""},
};

constexpr std::string_view kSpawn = "org.freedesktop.DBus.Error.Spawn.";  // activation went wrong
constexpr std::string_view kJob = "org.xmppft.Error.Job.";

}  // namespace

int exit_code(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& r) { return r.name == name; });
  if (row != std::end(kRows)) return row->exit;
  if (name.starts_with(kJob)) return kJobFailed;
  if (name.starts_with(kSpawn)) return kNoDaemon;
  return kRefused;
}

std::string_view remedy(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& r) { return r.name == name; });
  if (row != std::end(kRows)) return row->remedy;
  return name.starts_with(kSpawn) ? kStart : std::string_view{};
}

int exit_code_of_state(std::string_view state) {
  return state == "failed" || state == "cancelled" ? kJobFailed : kOk;
}

}  // namespace xmppftctl
