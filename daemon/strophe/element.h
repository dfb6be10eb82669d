// SPDX-License-Identifier: MIT
#pragma once

#include <strophe.h>

#include "xep/element.h"

namespace xmppftd {

/// A deep copy of a stanza that came through the seam, so at most StanzaLimits deep. libstrophe's
/// own objects never leave its thread.
Element to_element(xmpp_stanza_t* stanza);

}  // namespace xmppftd
