// SPDX-License-Identifier: MIT
#pragma once

#include "bus/options.h"
#include "transfer/job_filter.h"

namespace xmppftd {

/// ListJobs' filter. Throws InvalidArgs.
JobFilter read_filter(const VariantMap& map);
/// ControlJobs' selector: at least one key, `all` (true) among them. Throws InvalidArgs.
JobFilter read_selector(const VariantMap& map);

}  // namespace xmppftd
