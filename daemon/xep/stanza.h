// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/namespaces.h"
#include "xep/element.h"
#include "xep/stanza_error.h"

namespace xmppftd {

enum class IqType { Get, Set, Result, Error };

/// The frame of an `<iq/>`. `payload` is its first child that is not `<error/>`; absent in an empty
/// result.
struct Iq {
  IqType type = IqType::Get;
  std::string id;
  std::string from;  ///< as stamped on the wire; "" when absent
  std::string to;
  std::optional<Element> payload;
  std::optional<StanzaError> error;  ///< set exactly for IqType::Error, whatever is in it

  /// Errors: Protocol when `type` or `id` is missing or `type` is unknown.
  static Result<Iq> parse(const Element& stanza);
  Element build() const;
};

}  // namespace xmppftd
