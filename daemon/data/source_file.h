// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "io/file.h"

namespace xmppftd {

/// Files::open_source, on the calling thread.
Result<std::shared_ptr<OpenFile>> open_source_file(const std::string& path);
/// Files::adopt_source, on the calling thread.
Result<std::shared_ptr<OpenFile>> adopt_source_file(UniqueFd fd);

}  // namespace xmppftd
