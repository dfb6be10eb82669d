// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace xmppftd {

/// Room on the state's disk that is held by a file, so that what becomes of jobs can still be
/// written when others have filled that disk.
class Ballast {
 public:
  static constexpr std::uint64_t kBytes = 256 << 10;

  /// `ballast` in this folder, which an earlier process may have left; else it is made.
  explicit Ballast(const std::string& folder);

  /// Makes the file where it is missing and the disk has twice its room.
  void restore();
  /// Frees its room. False: there was none.
  bool release();
  /// It was released, and the disk has had no room for it since.
  bool released() const noexcept { return released_; }

 private:
  bool make() const;

  const std::string folder_, path_;
  bool held_ = false;
  bool released_ = false;
};

}  // namespace xmppftd
