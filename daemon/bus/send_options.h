// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bus/options.h"
#include "transfer/queue.h"

namespace xmppftd {

/// The recipients and options of SendUris, SendFds and OpenBatch, without the sources; `name` is an
/// option of the first alone. Throws InvalidArgs, NoSuchAccount.
SendRequest read_send_options(const VariantMap& map, std::vector<std::string> recipients,
                              bool with_name, std::string& name);

}  // namespace xmppftd
