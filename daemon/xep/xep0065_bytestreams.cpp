// SPDX-License-Identifier: MIT
#include "xep/xep0065_bytestreams.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"
#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxHost = 255;
constexpr std::size_t kMaxJid = 3071;  // RFC 7622 section 3.1
constexpr std::size_t kDstAddrBytes = 20;

/// Characters of IP literals and DNS names. Others could only mean something to a resolver or a
/// log.
bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == ':' || c == '_';
}

/// Nothing when this host cannot be tried; the others still can (COMPAT gabble skips likewise).
std::optional<StreamHost> parse_host(const Element& streamhost) {
  StreamHost host;
  host.jid = streamhost.attribute_or_empty("jid");
  if (host.jid.empty() || host.jid.size() > kMaxJid) return std::nullopt;

  std::string_view name = streamhost.attribute_or_empty("host");
  if (const auto zone = name.find('%'); zone != std::string_view::npos) {
    name = name.substr(0, zone);
    host.had_zone = true;
  }
  if (name.empty() || name.size() > kMaxHost) return std::nullopt;
  if (!std::all_of(name.begin(), name.end(), is_host_char)) return std::nullopt;
  host.host = name;

  if (const auto text = streamhost.attribute("port")) {
    const auto port = parse_decimal(*text);
    if (!port || *port == 0 || *port > 65535) return std::nullopt;
    host.port = static_cast<std::uint16_t>(*port);
  } else {  // COMPAT Gajim, old clients: leave the port out, which means this one
    host.port = kDefaultStreamHostPort;
  }
  return host;
}

Element bytestreams_element(const char* name) { return {name, std::string(kNsBytestreams)}; }

}  // namespace

Result<BytestreamsQuery> BytestreamsQuery::parse(const Element& query) {
  // COMPAT QXmpp 1.4: `mode` is uninitialised memory, so nobody looks at it.
  BytestreamsQuery parsed;
  if (const auto sid = query.attribute_or_empty("sid"); !sid.empty()) {
    auto valid = parse_sid("bytestreams sid", sid);
    if (!valid) return valid.error();
    parsed.sid = *std::move(valid);
  }
  const auto dst = query.attribute_or_empty("dstaddr");
  if (const auto bytes = from_hex(dst); bytes && bytes->size() == kDstAddrBytes)
    parsed.dst_addr = to_hex(*bytes);
  for (const auto& child : query.children) {
    if (child.xmlns != kNsBytestreams) continue;  // COMPAT Psi: <fast/> and <proxy/> of its own
    if (child.name == "streamhost") {
      if (parsed.hosts.size() == kMaxStreamHosts)
        ++parsed.left_out;
      else if (auto host = parse_host(child))
        parsed.hosts.push_back(*std::move(host));
    } else if (child.name == "streamhost-used") {
      const auto jid = child.attribute_or_empty("jid");
      if (jid.empty() || jid.size() > kMaxJid)
        return broken("streamhost-used jid", jid, "must be a JID (XEP-0065 section 5.3.3)");
      parsed.used = jid;
    } else if (child.name == "activate") {
      const auto jid = trimmed(child.text);
      if (jid.empty() || jid.size() > kMaxJid)
        return broken("activate", jid, "must be the target's JID (XEP-0065 section 6.3.5)");
      parsed.activate = jid;
    }
  }
  return parsed;
}

Element BytestreamsQuery::build() const {
  auto query = bytestreams_element("query");
  if (!sid.empty()) query.set("sid", sid);
  if (!hosts.empty()) query.set("mode", "tcp");
  if (!dst_addr.empty()) query.set("dstaddr", dst_addr);
  for (const auto& host : hosts) {
    query.add(bytestreams_element("streamhost")
                  .set("jid", host.jid)
                  .set("host", host.host)
                  .set("port", std::to_string(host.port)));
  }
  if (used) query.add(bytestreams_element("streamhost-used").set("jid", *used));
  if (activate) query.add(bytestreams_element("activate").with_text(*activate));
  return query;
}

std::string dst_addr(std::string_view sid, std::string_view requester, std::string_view target) {
  std::string text(sid);
  text.append(requester).append(target);
  return Digest::of(HashAlgo::Sha1, view_of(text)).hex;
}

}  // namespace xmppftd
