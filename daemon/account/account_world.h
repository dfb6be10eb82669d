// SPDX-License-Identifier: MIT
#pragma once

#include "account/account_events.h"
#include "config/account_store.h"
#include "config/config.h"
#include "io/background.h"
#include "io/bulk.h"
#include "io/socket.h"
#include "io/timer.h"
#include "io/xmpp_link.h"
#include "transport/address_policy.h"
#include "transport/s5b_config.h"
#include "transport/s5b_listener.h"

namespace xmppftd {

/// What every account works with; all outlive the accounts.
struct AccountWorld {
  XmppLinks& links;
  Timers& timers;
  Network& network;
  Bulk& bulk;
  Background& background;
  S5bListener& listener;
  const AddressPolicy& addresses;
  const S5bConfig& s5b;
  const AccountStore& store;
  const Config& config;
  AccountEvents& events;
};

}  // namespace xmppftd
