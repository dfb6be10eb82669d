// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

namespace xmppftd {

/// libstrophe as Debian ships it keeps namespaced attributes, joins text in quadratic time and
/// knows no limits. So this executable defines the few functions by which libstrophe sets up and
/// feeds its expat parser (XML_SetElementHandler and friends; the real ones are found by dlsym),
/// and the dynamic linker gives libstrophe ours. Behind them stand
/// StanzaLimiter and StreamGate. DOCTYPE, processing instructions and comments stop the parser, and
/// so does a single token of a megabyte. Every expat parser of the process goes through the seam.
///
/// Parses stanzas through libstrophe and looks whether the seam was asked. Errors: Internal, when
/// it is not in force (a libstrophe built on libxml2, an executable that does not export its
/// symbols): the daemon must not run then.
Result<void> expat_seam_self_test();

}  // namespace xmppftd
