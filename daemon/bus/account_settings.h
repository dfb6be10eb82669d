// SPDX-License-Identifier: MIT
#pragma once

#include "bus/options.h"
#include "config/account_store.h"

namespace xmppftd {

/// Changes `settings` by the keys of AddAccount()'s argument; those not given stay. Throws
/// InvalidArgs.
void apply_settings(const VariantMap& map, AccountSettings& settings);
/// The keys that are set, except `enabled`.
VariantMap settings_map(const AccountSettings& settings);

}  // namespace xmppftd
