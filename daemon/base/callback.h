// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace xmppftd {

template <class Signature>
class Callback;

/// A function object that is moved, never copied, so it may own what it needs (a descriptor, an
/// unanswered request). Empty when default-constructed; calling an empty one is a bug. (C++23's
/// std::move_only_function; not in g++ 12.)
template <class R, class... Args>
class Callback<R(Args...)> {
 public:
  Callback() = default;
  Callback(std::nullptr_t) {}
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Callback> && std::is_invocable_r_v<R, F&, Args...>)
      Callback(F&& f)
      : target_(std::make_unique<Target<std::decay_t<F>>>(std::forward<F>(f))) {}

  R operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }
  explicit operator bool() const noexcept { return target_ != nullptr; }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Target final : Base {
    explicit Target(F&& f) : function(std::move(f)) {}
    explicit Target(const F& f) : function(f) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<Base> target_;
};

}  // namespace xmppftd
