// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "model/namespaces.h"
#include "xep/element.h"

namespace xmppftd {

/// `<ping xmlns='urn:xmpp:ping'/>` (XEP-0199), the payload of a get; answered by an empty result.
/// An error is as good a sign of life.
inline Element build_ping() { return {"ping", std::string(kNsPing)}; }

}  // namespace xmppftd
