// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "model/file_info.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"

namespace xmppftd {

/// What the user said about an offer of `file`, with the defaults for what was left out. A name
/// that the user chose is taken as it is or not at all. Errors: BadArgument, naming the option, its
/// value and what it may be.
Result<AcceptOptions> complete(AcceptOptions options, const FileInfo& file,
                               const QueueConfig& config);

}  // namespace xmppftd
