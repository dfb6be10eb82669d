// SPDX-License-Identifier: MIT
#include "data/data_plane.h"

#include <algorithm>
#include <thread>

#include "data/bulk_workers.h"
#include "data/files.h"

namespace xmppftd {
namespace {

unsigned worker_count(unsigned asked) {
  return asked != 0 ? asked : std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
}

}  // namespace

struct DataPlane::Parts {
  Parts(Poster& core, DataOptions options)
      : bulk(core, worker_count(options.workers), options.stall),
        files(core, options.receive_mode) {}
  BulkWorkers bulk;
  ThreadedFiles files;
};

DataPlane::DataPlane(Poster& core, DataOptions options)
    : parts_(std::make_unique<Parts>(core, options)) {}
DataPlane::~DataPlane() = default;

bool DataPlane::end(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  // In this order, as the file threads close what the others let go of.
  const bool bulk = parts_->bulk.end(until);
  if (parts_->files.end(until) && bulk) return true;
  static_cast<void>(parts_.release());
  return false;
}

Bulk& DataPlane::bulk() noexcept { return parts_->bulk; }
Files& DataPlane::files() noexcept { return parts_->files; }

}  // namespace xmppftd
