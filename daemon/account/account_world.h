// SPDX-License-Identifier: MIT
#pragma once

#include "config/account_store.h"
#include "config/config.h"
#include "io/background.h"
#include "io/bulk.h"
#include "io/socket.h"
#include "io/timer.h"
#include "io/xmpp_link.h"
#include "transfer/account_port.h"
#include "transport/address_policy.h"
#include "transport/s5b_config.h"
#include "transport/s5b_listener.h"

namespace xmppftd {

/// What every account works with. All outlive the accounts, but for `events`: it is the queue,
/// which may go before them once the loop has stopped.
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
