// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "xep/element.h"

namespace xmppftd::test {

/// The one element in `xml` as the daemon sees it: namespaces resolved, inside <stream
/// xmlns='jabber:client'>, only un-namespaced attributes and xml:lang kept. Throws
/// std::runtime_error for ill-formed XML.
Element parse_xml(std::string_view xml);

}  // namespace xmppftd::test
