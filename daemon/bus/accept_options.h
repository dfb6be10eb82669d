// SPDX-License-Identifier: MIT
#pragma once

#include "bus/options.h"
#include "transfer/queue.h"

namespace xmppftd {

/// The options of Accept; a uri that ends in '/' names the folder, any other the very file. Throws
/// InvalidArgs, BadUri.
AcceptOptions read_accept_options(const VariantMap& map);

}  // namespace xmppftd
