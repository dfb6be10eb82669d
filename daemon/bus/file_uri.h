// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// "/tmp/a b" -> "file:///tmp/a%20b" (RFC 8089). File names need not be UTF-8, D-Bus strings must.
std::string path_to_uri(std::string_view absolute_path);
/// Errors: BadUri for another scheme, another host, a relative path, a bad escape or a NUL.
Result<std::string> uri_to_path(std::string_view uri);

}  // namespace xmppftd
