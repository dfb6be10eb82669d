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
//
// An offer that will not be fulfilled is taken back by the sender, before the answer or after it:
// the receiver no longer asks its user, expects no stream, and keeps nothing of it. Neither SI nor
// the stream methods have a word for that.
namespace xmppftd {

/// `<confirm xmlns='urn:xmppft:confirm:0' file-id='…'/>`, a child of <si/>: "I can". In an offer
/// the id names the file through all its offers, in an answer there is none.
struct ConfirmMarker {
  std::string file_id;  ///< "" = none

  /// None where there is no such child. An id that is none is no id.
  static std::optional<ConfirmMarker> find(const Element& si);
  Element build() const;
};

/// `<done sid='…'><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>…</hash></done>` in an IQ set: the
/// sender asks. In the error that answers an offer: the receiver has this file already, whole.
struct ConfirmDone {
  std::string sid;
  std::optional<Hash> hash;  ///< of the whole file; absent when the sender did not compute one

  /// Errors: Protocol for a bad sid, or a hash element of a known algorithm with a bad value.
  static Result<ConfirmDone> parse(const Element& done);
  Element build() const;
};

/// `<withdrawn sid='…'/>` in an IQ set from the sender: no stream will come any more for the offer
/// of that id, and what came of it is not the file. With again='true' the file itself will be
/// offered anew, under another id: the receiver need not wait until it notices that the stream is
/// dead. Answered with `result`, or <item-not-found/> where nothing is known of it; either is as
/// good as the other.
struct ConfirmWithdrawn {
  std::string sid;
  bool again = false;

  /// Errors: Protocol for a bad sid.
  static Result<ConfirmWithdrawn> parse(const Element& withdrawn);
  Element build() const;
};

}  // namespace xmppftd
