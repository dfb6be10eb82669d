// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// An XMPP address (RFC 7622): always a valid one, there is no empty Jid.
///
/// Two are the same when their bare parts are, normalised, and their resources are, byte for byte:
/// - the local part through libidn's nodeprep, which folds case and normalises;
/// - the domain as U-labels (IDNA 2008, mapped as UTS #46 says; A-labels are decoded), without a
///   trailing dot, or as an address literal: "192.0.2.1", "[2001:db8::1]";
/// - the resource as it was written: it is compared, addressed and hashed in that form, whatever
///   its server makes of it (section 3.4). It holds 1 to 1023 bytes of UTF-8 without control
///   characters.
class Jid {
 public:
  /// "[local@]domain[/resource]", each part at most 1023 bytes. Errors: BadJid, naming the part,
  /// the rule and, where there is one, the remedy.
  static Result<Jid> parse(std::string_view text);
  /// The same for an address out of a stanza, whose spelling as_stamped() keeps.
  static Result<Jid> parse_stamped(std::string_view text);

  /// The normalised form: for people, for storage, for keys.
  const std::string& str() const noexcept { return text_; }
  /// What to write to the wire, and to hash where a peer hashes the same: an address from a stanza
  /// as it stood there, any other as str().
  const std::string& as_stamped() const noexcept { return stamped_.empty() ? text_ : stamped_; }

  std::string_view local() const noexcept;     ///< "" for a server or component
  std::string_view domain() const noexcept;    ///< U-labels; an IPv6 literal in its brackets
  std::string_view resource() const noexcept;  ///< "" for a bare JID
  /// The domain as DNS, TLS and certificates know it: A-labels; an IPv6 literal without brackets.
  std::string ascii_domain() const;

  bool is_bare() const noexcept { return resource().empty(); }
  bool is_full() const noexcept { return !is_bare(); }
  Jid bare() const;
  Jid domain_jid() const;
  /// Errors: BadJid when `resource` is no resource.
  Result<Jid> with_resource(std::string_view resource) const;

  friend bool operator==(const Jid& a, const Jid& b) noexcept { return a.text_ == b.text_; }
  friend auto operator<=>(const Jid& a, const Jid& b) noexcept { return a.text_ <=> b.text_; }

 private:
  explicit Jid(std::string text) : text_(std::move(text)) {}
  std::string text_;
  std::string stamped_;  // "" where it is the same
};

}  // namespace xmppftd
