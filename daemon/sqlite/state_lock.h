// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace xmppftd {

/// The right to use a state folder, held by one process at a time: an flock() on `lock` in
/// it, which the kernel drops when the process dies. Taken before the database or the network is
/// touched.
class StateLock {
 public:
  /// Makes the folder if there is none. Errors: Exists (another process holds it; the detail names
  /// its pid), and those of open_private_folder().
  static Result<StateLock> take(const std::string& folder);

 private:
  explicit StateLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace xmppftd
