// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/socket.h"
#include "model/jid.h"

// What the `socks5` section of the configuration means to the S5B classes.
namespace xmppftd {

/// "192.0.2.7:4000", "[2001:db8::7]:4000", "files.example.org"; port 0 where none is written.
struct HostPort {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
  /// Errors: BadArgument, naming the value and the rule.
  static Result<HostPort> parse(std::string_view text);
};

/// A proxy that the user names: by JID, which is then asked for its address, or "JID@HOST:PORT".
struct NamedProxy {
  Jid jid;
  std::optional<HostPort> at;
  /// Errors: BadArgument, BadJid.
  static Result<NamedProxy> parse(std::string_view text);
};

struct S5bConfig {
  std::vector<SocketAddress> listen;  ///< port 0 = any; "0.0.0.0" and "::" = all interfaces
  bool direct = true;                 ///< false: advertise no address of ours
  std::vector<HostPort> advertise;    ///< in place of the addresses found; port 0 = the listener's
  bool use_server_proxy = true;
  std::vector<NamedProxy> proxies;

  /// From the configuration's own words. Errors: BadArgument, BadJid.
  struct Words {
    std::vector<std::string> listen{"0.0.0.0:0", "[::]:0"};
    std::vector<std::string> advertise;
    std::vector<std::string> proxies;
  };
  static Result<S5bConfig> parse(const Words& words);
};

}  // namespace xmppftd
