// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "transfer/queue_config.h"
#include "transport/address_policy.h"
#include "transport/s5b_config.h"

namespace xmppftd {

// The configuration in the terms of those whom it is for: the folders of the daemon do not know it.

QueueConfig queue_config(const Config& config);

/// What socket_settings() would refuse, word by word, so that it is refused when it is read.
WordChecks word_checks();

struct SocketSettings {
  S5bConfig s5b;
  AddressPolicy addresses;
};
/// Errors: Config (socks5, network.trusted), for what only its users can check.
Result<SocketSettings> socket_settings(const Config& config);

}  // namespace xmppftd
