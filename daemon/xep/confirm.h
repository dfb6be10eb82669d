// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "xep/element.h"

// Our own protocol urn:xmppft:confirm:0, spoken between two daemons of this kind: after the last
// byte the sender asks whether the file arrived whole; the receiver answers `result` once it is
// verified and published, or an error. Both say beforehand that they can, by a marker in the SI
// offer and answer.
namespace xmppftd {

/// `<confirm xmlns='urn:xmppft:confirm:0'/>`, a child of <si/>.
Element confirm_marker();
bool has_confirm_marker(const Element& si) noexcept;

/// `<done sid='…'><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>…</hash></done>` in an IQ set.
struct ConfirmDone {
  std::string sid;
  std::optional<Hash> hash;  ///< of the whole file; absent when the sender did not compute one

  /// Errors: Protocol for a bad sid, or a hash element of a known algorithm with a bad value.
  static Result<ConfirmDone> parse(const Element& done);
  Element build() const;
};

}  // namespace xmppftd
