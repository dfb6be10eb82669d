// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "xep/element.h"

// In-Band Bytestreams (XEP-0047). Every parse error is Protocol: answer <bad-request/>.
namespace xmppftd {

inline constexpr std::size_t kMaxIbbBlock = 65535;  ///< bytes before base64 (XEP-0047 section 2.1)

enum class IbbStanza { Iq, Message };

/// `<open/>`.
struct IbbOpen {
  std::string sid;
  std::size_t block_size = 4096;  ///< 1 to kMaxIbbBlock
  IbbStanza stanza = IbbStanza::Iq;

  /// `block-size` is within 1..65535, and 4096 where it is missing; `stanza` is "iq" or "message"
  /// and defaults to "iq".
  static Result<IbbOpen> parse(const Element& open);
  Element build() const;  ///< `stanza` is omitted for iq
};

/// `<data/>`. Its stream is looked up by the raw `sid` attribute first, as `block_size` belongs to
/// the stream.
struct IbbData {
  std::string sid;
  std::uint16_t seq = 0;
  Bytes bytes;

  /// `seq`: decimal, taken modulo 65536 (COMPAT Conversations sends 65536 after 65535). The text is
  /// strict base64 of at most `block_size` bytes; a block may be empty.
  static Result<IbbData> parse(const Element& data, std::size_t block_size);
  Element build() const;
};

/// `<close/>`.
struct IbbClose {
  std::string sid;

  static Result<IbbClose> parse(const Element& close);
  Element build() const;
};

}  // namespace xmppftd
