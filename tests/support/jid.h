// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string_view>

#include "model/jid.h"

namespace xmppftd::test {

/// A Jid literal. Throws std::invalid_argument when it is none.
inline Jid jid(std::string_view text) {
  auto parsed = Jid::parse(text);
  if (!parsed) throw std::invalid_argument(parsed.error().detail);
  return *parsed;
}

}  // namespace xmppftd::test
