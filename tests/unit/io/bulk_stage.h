// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../data/tcp_pair.h"
#include "io/bulk.h"

namespace xmppftd::test {

/// One kind of Bulk, with the files and the time that it works with. The same cases run on all.
class BulkStage {
 public:
  /// The name shows where a check fails.
  explicit BulkStage(const char* name)
      : name_(Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
              << name) {}
  virtual ~BulkStage() = default;

  virtual Bulk& bulk() = 0;
  /// A file that holds this, open, with its identity as of now.
  virtual std::shared_ptr<OpenFile> file(std::string_view content) = 0;
  virtual std::string content(const OpenFile& file) = 0;
  /// What another program does to it.
  virtual void rewrite(const OpenFile& file, std::string_view content) = 0;

  virtual TcpPair connection() { return TcpPair(); }

  /// Lets time pass and bytes move until `done`; fails the test when that does not come.
  virtual void run_until(const std::function<bool()>& done) = 0;
  /// Lets happen what happens without time passing; all of it, as far as can be told.
  virtual void settle() = 0;
  virtual Throttle::Clock::time_point now() const = 0;
  /// For how long no byte may move before a stream has failed.
  virtual std::chrono::milliseconds stall() const = 0;

 private:
  const Catch::ScopedMessage name_;
};

using MakeBulkStage = std::unique_ptr<BulkStage> (*)();
std::unique_ptr<BulkStage> real_workers();
std::unique_ptr<BulkStage> memory_workers();
std::unique_ptr<BulkStage> fake_workers();

/// Those that move bytes between sockets, and all.
inline constexpr MakeBulkStage kStreamers[] = {real_workers, memory_workers};
inline constexpr MakeBulkStage kBulks[] = {real_workers, memory_workers, fake_workers};

}  // namespace xmppftd::test
