// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/file_info.h"
#include "xep/element.h"

// Stream initiation of a file: SI (XEP-0095), its file profile (XEP-0096), feature negotiation
// (XEP-0020).
namespace xmppftd {

/// `<si/>` in an IQ set: "I have this file, and can send it by one of these methods".
struct SiOffer {
  std::string id;  ///< the sid of the stream to come
  FileInfo file;
  bool range = false;                ///< the sender can start elsewhere than at 0
  std::vector<std::string> methods;  ///< namespaces, in the sender's order, each once
  bool can_confirm = false;          ///< our extension: ConfirmMarker is there
  std::string file_id{};             ///< ConfirmMarker::file_id

  /// The name comes out safe, description and MIME type bounded and clean (SI3),
  /// an absent size is 0 (COMPAT QXmpp), a malformed hash or date is absent, attributes we do not
  /// know are ignored. The id is opaque (xep/parse.h). At most 16 methods, those we know among
  /// them. Errors, each answered by to_stanza_error(): Protocol (id, name or a number is bad),
  /// PeerUnsupported (another profile), NoCommonMethod (no method at all).
  static Result<SiOffer> parse(const Element& si);
  /// One list-single field, without label and FORM_TYPE (Psi reads the first field only).
  Element build() const;
};

/// `<si/>` in the result: "by this one, this part of it".
struct SiAnswer {
  std::string method;
  std::optional<std::uint64_t> offset;  ///< absent = from the start
  std::optional<std::uint64_t> length;  ///< absent = to the end
  bool can_confirm = false;             ///< "so can I"

  /// Errors: Protocol when not exactly one method is named, or a number is bad.
  static Result<SiAnswer> parse(const Element& si);
  /// No attributes on <si/>; <file><range/></file> only when offset or length is set.
  Element build() const;

  /// What is to be sent. Errors: Protocol when `method` was not offered, when a range was asked for
  /// that was not offered, or that leaves the file.
  Result<ByteRange> range_of(const SiOffer& offer) const;
};

}  // namespace xmppftd
