// SPDX-License-Identifier: MIT
#include "transport/s5b_config.h"

#include "base/bytes.h"

namespace xmppftd {

Result<HostPort> HostPort::parse(std::string_view text) {
  const Error bad{Errc::BadArgument,
                  "\"" + std::string(text) +
                      "\" is not HOST[:PORT]; write 192.0.2.7:4000 or [2001:db8::7]:4000"};
  HostPort parsed;
  std::string_view rest;
  if (text.substr(0, 1) == "[") {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad;
    parsed.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    parsed.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? "" : text.substr(colon);
  }
  if (parsed.host.empty()) return bad;
  if (rest.empty()) return parsed;
  const auto port = rest.front() == ':' ? parse_decimal(rest.substr(1)) : std::nullopt;
  if (!port || *port > 65535) return bad;
  parsed.port = static_cast<std::uint16_t>(*port);
  return parsed;
}

Result<NamedProxy> NamedProxy::parse(std::string_view text) {
  // A JID has at most one '@' before its domain, and no ':' in it.
  const auto at = text.rfind('@');
  const bool placed = at != std::string_view::npos && text.find(':', at) != std::string_view::npos;
  auto jid = Jid::parse(placed ? text.substr(0, at) : text);
  if (!jid) return jid.error();
  NamedProxy proxy{*jid, std::nullopt};
  if (!placed) return proxy;
  auto where = HostPort::parse(text.substr(at + 1));
  if (!where) return where.error();
  if (where->port == 0)
    return Error{Errc::BadArgument, "\"" + std::string(text) +
                                        "\" has no port; write proxy.example.org@192.0.2.7:7777"};
  proxy.at = std::move(*where);
  return proxy;
}

Result<S5bConfig> S5bConfig::parse(const Words& words) {
  S5bConfig config;
  for (const auto& word : words.listen) {
    const auto where = HostPort::parse(word);
    if (!where) return where.error();
    auto address = SocketAddress::parse(where->host, where->port);
    if (!address) return address.error();
    config.listen.push_back(*address);
  }
  for (const auto& word : words.advertise) {
    auto where = HostPort::parse(word);
    if (!where) return where.error();
    config.advertise.push_back(std::move(*where));
  }
  for (const auto& word : words.proxies) {
    auto proxy = NamedProxy::parse(word);
    if (!proxy) return proxy.error();
    config.proxies.push_back(std::move(*proxy));
  }
  return config;
}

}  // namespace xmppftd
