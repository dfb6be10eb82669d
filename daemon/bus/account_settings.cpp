// SPDX-License-Identifier: MIT
#include "bus/account_settings.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "bus/outgoing.h"

namespace xmppftd {
namespace {

/// "HOST", "HOST:PORT", "[2001:db8::1]:PORT", "" (by DNS).
void apply_server(const std::string& server, AccountSettings& settings) {
  std::string host = server;
  std::string port;
  const auto colon = server.rfind(':');
  if (server.rfind('[', 0) == 0) {
    const auto end = server.find(']');
    if (end == std::string::npos)
      throw invalid_args("server: " + in_quotes(server) + " lacks a ]; want [2001:db8::1]:5222");
    host = server.substr(1, end - 1);
    if (end + 1 < server.size()) port = server.substr(end + 1);
    if (!port.empty() && port.front() != ':')
      throw invalid_args("server: " + in_quotes(server) + " is not HOST[:PORT]");
    if (!port.empty()) port.erase(0, 1);
  } else if (colon != std::string::npos && server.find(':') == colon) {
    host = server.substr(0, colon);
    port = server.substr(colon + 1);
    if (port.empty()) port = "?";
  }
  const auto number = port.empty() ? std::optional<std::uint64_t>(0) : parse_decimal(port);
  if (!number || *number > 65535 || (*number == 0 && !port.empty()) ||
      (host.empty() && !server.empty()) || host.find_first_of(" /@") != std::string::npos)
    throw invalid_args("server: " + in_quotes(server) +
                       " is not HOST[:PORT]; want for example 192.0.2.1:5222");
  settings.host = host;
  settings.port = static_cast<std::uint16_t>(*number);
}

void apply_pin(std::string pin, AccountSettings& settings) {
  pin.erase(std::remove(pin.begin(), pin.end(), ':'), pin.end());
  const auto bytes = from_hex(pin);
  if (!bytes || (!bytes->empty() && bytes->size() != 32))
    throw invalid_args("pin: want the certificate's SHA-256 as 64 hex digits, colons allowed");
  settings.pin = to_hex(*bytes);
}

}  // namespace

void apply_settings(const VariantMap& map, AccountSettings& settings) {
  Options options(map);
  if (map.count("resource") != 0) settings.resource = options.text("resource");
  if (map.count("server") != 0) apply_server(options.text("server"), settings);
  if (map.count("ca_file") != 0) {
    settings.ca_file = options.text("ca_file");
    if (!settings.ca_file.empty() && settings.ca_file.front() != '/')
      throw invalid_args("ca_file: " + in_quotes(settings.ca_file) + " is not an absolute path");
  }
  if (map.count("pin") != 0) apply_pin(options.text("pin"), settings);
  if (const auto enabled = options.take<bool>("enabled")) settings.enabled = *enabled;
  if (const auto plain = options.take<bool>("allow_plain")) settings.allow_plain = *plain;
  if (map.count("ip_policy") != 0) {
    const auto word = options.text("ip_policy");
    const auto policy = word.empty() ? std::optional(IpPolicy::Contacts) : ip_policy_from(word);
    if (!policy)
      throw invalid_args("ip_policy: " + in_quotes(word) +
                         " is not one of open, contacts, proxy-only, ibb-only");
    settings.ip_policy = *policy;
  }
  options.finish("resource, server, ca_file, pin, enabled, allow_plain, ip_policy");
  if (!settings.resource.empty()) {
    const auto bare = Jid::parse(settings.jid);
    const auto full = bare ? bare->with_resource(settings.resource) : bare;
    if (!full) throw to_bus_error(full.error());
  }
}

VariantMap settings_map(const AccountSettings& settings) {
  VariantMap map;
  if (!settings.resource.empty()) map["resource"] = variant(settings.resource);
  if (!settings.host.empty()) {
    const bool v6 = settings.host.find(':') != std::string::npos;
    std::string server = v6 ? "[" + settings.host + "]" : settings.host;
    if (settings.port != 0) server += ":" + std::to_string(settings.port);
    map["server"] = variant(server);
  }
  if (!settings.ca_file.empty()) map["ca_file"] = variant(settings.ca_file);
  if (!settings.pin.empty()) map["pin"] = variant(settings.pin);
  map["allow_plain"] = variant(settings.allow_plain);
  map["ip_policy"] = variant(std::string(to_string(settings.ip_policy)));
  return map;
}

}  // namespace xmppftd
