// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// An XMPP address (RFC 6122 profiles through libidn: nodeprep, nameprep, resourceprep). Always holds a prepared,
/// valid address, so two equal addresses are equal bytes; there is no empty Jid.
///
/// `parse()` normalises what a user typed. What a server stamped on a stanza goes through `parse()` too before it
/// becomes a Jid; where a check must be byte-wise (RELIABILITY ST8) compare the stanza's own string with `str()`.
class Jid {
 public:
  /// "[local@]domain[/resource]", each part at most 1023 bytes. Errors: BadJid, naming the part and the rule.
  static Result<Jid> parse(std::string_view text);

  const std::string& str() const noexcept { return text_; }
  std::string_view local() const noexcept;     ///< "" for a server or component
  std::string_view domain() const noexcept;
  std::string_view resource() const noexcept;  ///< "" for a bare JID

  bool is_bare() const noexcept { return resource().empty(); }
  bool is_full() const noexcept { return !is_bare(); }
  Jid bare() const;
  Jid domain_jid() const;
  /// Errors: BadJid when resourceprep refuses `resource`.
  Result<Jid> with_resource(std::string_view resource) const;

  friend bool operator==(const Jid& a, const Jid& b) noexcept { return a.text_ == b.text_; }
  friend auto operator<=>(const Jid& a, const Jid& b) noexcept { return a.text_ <=> b.text_; }

 private:
  explicit Jid(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace xmppftd
