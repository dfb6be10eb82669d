// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace xmppft {

/// Makes sure that $DBUS_SESSION_BUS_ADDRESS names the user's bus where there is one, so that
/// daemon and client meet: as it is set; else `bus` in $XDG_RUNTIME_DIR (a relative one is ignored,
/// says the XDG Base Directory Specification); else `bus` in RUN_USER/UID, where systemd keeps it
/// and which cron, sudo and ssh do not tell. Call it before threads start.
inline void find_session_bus(const std::string& run_user = "/run/user") {
  if (const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
      address != nullptr && *address != '\0')
    return;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folders[] = {runtime != nullptr && *runtime == '/' ? runtime : "",
                                 run_user + "/" + std::to_string(::geteuid())};
  for (const auto& folder : folders) {
    struct stat info {};
    if (folder.empty() || ::stat((folder + "/bus").c_str(), &info) != 0 || !S_ISSOCK(info.st_mode))
      continue;
    std::string address = "unix:path=";
    for (const char c : folder + "/bus") {  // escapes: D-Bus Specification, Server Addresses
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || std::strchr("-_/.\\*", c) != nullptr;
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      address += plain ? std::string(1, c) : escape;
    }
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
    return;
  }
}

}  // namespace xmppft
