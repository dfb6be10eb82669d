// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>

#include "io/file.h"

namespace xmppftd {

/// Counts the descriptors of clients that jobs keep open until they end. They are few, and while
/// one is open its disk cannot be unmounted, so there is a bound: a quarter of what the process may
/// have open. Half of it is for files that have no path, which could not be sent otherwise.
class HeldFiles {
 public:
  HeldFiles() : HeldFiles(a_quarter_of_all()) {}
  explicit HeldFiles(std::size_t most) : most_(most) {}

  std::size_t most() const noexcept { return most_; }
  std::size_t held() const noexcept { return *count_; }
  /// The file, counted for as long as somebody has what is returned. Null when there is no room;
  /// `needed`: it has no path.
  std::shared_ptr<OpenFile> hold(std::shared_ptr<OpenFile> file, bool needed) {
    if (*count_ >= (needed ? most_ : most_ / 2)) return nullptr;
    auto lease = std::make_shared<Lease>(std::move(file), count_);
    auto* held = lease->file.get();
    return {std::move(lease), held};
  }

 private:
  using Count = std::atomic<std::size_t>;  // the last holder may be a worker
  struct Lease {
    Lease(std::shared_ptr<OpenFile> its_file, std::shared_ptr<Count> its_count)
        : file(std::move(its_file)), count(std::move(its_count)) {
      ++*count;
    }
    Lease(const Lease&) = delete;
    ~Lease() { --*count; }
    const std::shared_ptr<OpenFile> file;
    const std::shared_ptr<Count> count;
  };
  static std::size_t a_quarter_of_all() {
    struct rlimit limit {};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return std::clamp<rlim_t>(limit.rlim_cur / 4, 64, 4096);
  }

  const std::size_t most_;
  const std::shared_ptr<Count> count_ = std::make_shared<Count>(0);
};

}  // namespace xmppftd
