// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace xmppftd {

/// The user's home: $HOME where that is an absolute path of a folder that is there, else what the
/// password database says.
/// "/" is none: nothing of ours belongs there. Errors: Config, with both values and what to set.
Result<std::string> home_folder();

/// The folder that `variable` names, as the XDG Base Directory Specification has it: a relative
/// path counts as not set. Else `below_home` ("/.config") in the home. It need not exist. Errors:
/// those of home_folder().
Result<std::string> user_folder(const char* variable, const std::string& below_home);

}  // namespace xmppftd
