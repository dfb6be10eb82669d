// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "io/file.h"
#include "io/timer.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// Folders that could not be used for lack of descriptors or the like (Errc::Unavailable). Looks at
/// each again, now and then, for as long as somebody waits.
class ShortFolders {
 public:
  static constexpr std::chrono::seconds kTryAgainAfter{5};

  /// `waits`: does anybody still wait for a folder? `better`: one can be used again, as far as can
  /// be seen.
  ShortFolders(Files& files, Timers& timers, std::function<bool()> waits,
               std::function<void()> better)
      : files_(files), timers_(timers), waits_(std::move(waits)), better_(std::move(better)) {}

  bool has(const std::string& folder) const { return looks_.count(folder) != 0; }
  /// It cannot be used just now.
  void add(const std::string& folder);

 private:
  void look(std::string folder);
  void end(const std::string& folder);

  Files& files_;
  Timers& timers_;
  std::function<bool()> waits_;
  std::function<void()> better_;
  std::map<std::string, std::unique_ptr<Timer>> looks_;  ///< when each is looked at again
  WhileAlive alive_;
};

}  // namespace xmppftd
