// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>
#include <string_view>
#include <vector>

#include "bus/options.h"
#include "transfer/job_view.h"

namespace xmppftd {

/// The properties of org.xmppft.Job1 by name, as ListJobs reports them and job objects show them:
/// one table for both. `account_exists`: a removed account's path is "/".
sdbus::Variant job_field(std::string_view name, const JobView& job, bool account_exists);
/// The fields that a caller asks for, each once; all when it names none. Throws InvalidArgs for a
/// name that there is not.
std::vector<std::string> check_job_fields(std::vector<std::string> names);
/// All names there are, in the order of the XML.
const std::vector<std::string>& job_field_names();

}  // namespace xmppftd
