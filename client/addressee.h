// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "context.h"

namespace xmppftctl {

/// The JID that a user typed for somebody else, from an xmpp: URI where it is one. A lone word is
/// taken for a forgotten domain unless a contact or an account's server is called so: throws a
/// usage Failure with the contact that was probably meant. A component has a dot in its name.
std::string addressee(Context& context, const std::string& what, const std::string& text);

}  // namespace xmppftctl
