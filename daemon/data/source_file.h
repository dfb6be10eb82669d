// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "io/file.h"

namespace xmppftd {

/// The operations of Files on sources, on the calling thread; see there for what they promise.
Result<std::shared_ptr<OpenFile>> open_source_file(const std::string& path);
Result<Files::Adopted> adopt_source_file(UniqueFd fd, const std::string& path = {});
Result<std::shared_ptr<OpenFile>> reopen_source_file(const std::string& path,
                                                     std::shared_ptr<OpenFile> held,
                                                     const FileIdentity& queued);

}  // namespace xmppftd
