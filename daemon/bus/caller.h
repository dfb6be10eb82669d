// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <string>

namespace xmppftd {

/// Who asks, as GuardedObject finds out for every method, getter and setter. What a client holds
/// here (a wait, an open batch, a job's object) is kept under it until it leaves the bus.
struct Caller {
  /// Its unique bus name, never reused by the bus. "" is nobody in particular: a getter is also
  /// asked for the value that a signal tells to everybody who listens.
  std::string name{};

  bool is_everybody() const noexcept { return name.empty(); }
  auto operator<=>(const Caller&) const = default;
};

}  // namespace xmppftd
