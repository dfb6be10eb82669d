// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "data/files.h"
#include "io/bulk.h"
#include "io/file.h"
#include "io/poster.h"

namespace xmppftd {

struct DataOptions {
  unsigned workers = 0;                     ///< 0 = by cores: 1 to 4, at least 2 where there are 2
  std::chrono::milliseconds stall{60'000};  ///< a stream that moves no byte for so long has failed
  ReceiveMode receive_mode = {};
};

/// Every thread that touches file bytes: K workers that move them, as many hashers, and the file
/// threads. Made and destroyed on the core's thread; callbacks come through
/// `core`, which outlives it.
///
/// Destruction joins all threads, within one quantum of each (an fsync under way is waited for).
/// Moves still running are cancelled and their callbacks are not called, nor are those of Files;
/// handles that live on are harmless.
class DataPlane {
 public:
  explicit DataPlane(Poster& core, DataOptions options = {});
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;
  ~DataPlane();
  /// Ends all threads as the destructor does, but gives up after `patience`: false = one of them
  /// waits for a file system that does not answer. What it uses is left to it, so end the process.
  [[nodiscard]] bool end(std::chrono::milliseconds patience);

  Bulk& bulk() noexcept;
  Files& files() noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace xmppftd
