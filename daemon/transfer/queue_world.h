// SPDX-License-Identifier: MIT
#pragma once

#include "io/bulk.h"
#include "io/file.h"
#include "io/store.h"
#include "io/timer.h"
#include "transfer/account_port.h"

namespace xmppftd {

/// What the queue and its parts work with; all of it outlives them.
struct QueueWorld {
  AccountPorts& accounts;
  Store& store;
  Files& files;
  Bulk& bulk;
  Timers& timers;
};

}  // namespace xmppftd
