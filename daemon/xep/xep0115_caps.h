// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "xep/element.h"
#include "xep/xep0030_disco.h"

// Entity capabilities (XEP-0115): what a resource can do, told by a hash in its presence.
namespace xmppftd {

/// `<c/>` in a presence.
struct Caps {
  std::string node;  ///< a URI that names the software
  std::string ver;   ///< base64 of the hash of its disco#info
  std::string hash;  ///< "sha-1"; anything else cannot be checked by us (section 5.4)

  /// The node to ask for disco#info: "node#ver".
  std::string disco_node() const { return node + "#" + ver; }
  /// May an answer be shared by all who show these caps, once caps_ver() says the same?
  bool is_checkable() const noexcept { return hash == "sha-1"; }

  /// The caps of a presence, or nothing: absent, incomplete, the legacy format without hash, over 1
  /// KiB.
  static std::optional<Caps> parse(const Element& presence);
  Element build() const;
  friend bool operator==(const Caps&, const Caps&) = default;
};

/// The verification string of section 5.1 with SHA-1. Forms without a hidden FORM_TYPE do not
/// count. Errors: Protocol for an answer that section 5.4 calls ill-formed (repeated identity,
/// feature, FORM_TYPE), or with '<' in a string, by which two different answers could hash alike.
Result<std::string> caps_ver(const DiscoInfo& info);

}  // namespace xmppftd
