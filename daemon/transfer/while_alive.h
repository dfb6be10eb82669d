// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

namespace xmppftd {

/// Ties callbacks to their owner's life: a function wrapped here does nothing once the WhileAlive
/// is gone. For answers of the disk and the journal, which cannot be called back.
class WhileAlive {
 public:
  template <class F>
  auto wrap(F function) const {
    return [alive = std::weak_ptr<char>(alive_),
            function = std::move(function)](auto&&... args) mutable {
      if (!alive.expired()) function(std::forward<decltype(args)>(args)...);
    };
  }
  /// Expires with the WhileAlive.
  std::weak_ptr<char> watch() const { return alive_; }

 private:
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace xmppftd
