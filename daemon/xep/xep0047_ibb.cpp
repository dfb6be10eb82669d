// SPDX-License-Identifier: MIT
#include "xep/xep0047_ibb.h"

#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

Element ibb_element(const char* name, const std::string& sid) {
  return Element(name, std::string(kNsIbb)).set("sid", sid);
}

}  // namespace

Result<IbbOpen> IbbOpen::parse(const Element& open) {
  IbbOpen parsed;
  auto sid = parse_sid("ibb sid", open.attribute_or_empty("sid"));
  if (!sid) return sid.error();
  parsed.sid = *std::move(sid);
  // COMPAT home-made bots leave it out, though section 2.1 requires it. 4096 is what every client
  // takes.
  const auto size_text = open.attribute("block-size").value_or("4096");
  const auto size = parse_decimal(size_text);
  if (!size || *size == 0 || *size > kMaxIbbBlock)
    return broken("block-size", size_text, "must be 1 to 65535 (XEP-0047 section 2.1)");
  parsed.block_size = static_cast<std::size_t>(*size);
  const auto stanza = open.attribute("stanza").value_or("iq");
  if (stanza != "iq" && stanza != "message")
    return broken("ibb stanza", stanza, "must be iq or message (XEP-0047 section 2.1)");
  parsed.stanza = stanza == "iq" ? IbbStanza::Iq : IbbStanza::Message;
  return parsed;
}

Element IbbOpen::build() const {
  auto open = ibb_element("open", sid).set("block-size", std::to_string(block_size));
  if (stanza == IbbStanza::Message) open.set("stanza", "message");
  return open;
}

Result<IbbData> IbbData::parse(const Element& data, std::size_t block_size) {
  IbbData parsed;
  auto sid = parse_sid("ibb sid", data.attribute_or_empty("sid"));
  if (!sid) return sid.error();
  parsed.sid = *std::move(sid);
  const auto seq_text = data.attribute_or_empty("seq");
  const auto seq = parse_decimal(seq_text);
  if (!seq) return broken("ibb seq", seq_text, "must be decimal digits (XEP-0047 section 2.2)");
  parsed.seq = static_cast<std::uint16_t>(*seq);  // modulo 65536
  if (!data.children.empty())
    return broken("ibb data", data.children.front().name, "is an element where base64 belongs");
  // Before decoding: what cannot fit even with white space is not worth the memory.
  if (data.text.size() > 4 * (block_size + 16))
    return broken("ibb data of characters", std::to_string(data.text.size()),
                  "is over the block-size");
  auto bytes = from_base64(data.text);
  if (!bytes) return broken("ibb data with seq", seq_text, "is not base64 (RFC 4648 section 4)");
  if (bytes->size() > block_size)
    return broken("ibb data of bytes", std::to_string(bytes->size()),
                  "is over the block-size " + std::to_string(block_size));
  parsed.bytes = *std::move(bytes);
  return parsed;
}

Element IbbData::build() const {
  return ibb_element("data", sid).set("seq", std::to_string(seq)).with_text(to_base64(bytes));
}

Result<IbbClose> IbbClose::parse(const Element& close) {
  auto sid = parse_sid("ibb sid", close.attribute_or_empty("sid"));
  if (!sid) return sid.error();
  return IbbClose{*std::move(sid)};
}

Element IbbClose::build() const { return ibb_element("close", sid); }

}  // namespace xmppftd
