// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace xmppftd {

/// A bounded number of leases, in all and for one name. However a lease ends, `freed` is told.
class Shares {
 public:
  class Lease {
   public:
    Lease() = default;  ///< of nothing
    Lease(Lease&& other) noexcept
        : shares_(std::exchange(other.shares_, nullptr)), name_(std::move(other.name_)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(shares_, other.shares_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Lease() {
      if (shares_ != nullptr) shares_->give_back(name_);
    }

   private:
    friend class Shares;
    Lease(Shares& shares, std::string name) : shares_(&shares), name_(std::move(name)) {}
    Shares* shares_ = nullptr;
    std::string name_;
  };

  /// `freed` comes from inside calls.
  Shares(std::size_t in_all, std::size_t by_name, std::function<void()> freed)
      : in_all_(in_all), by_name_(by_name), freed_(std::move(freed)) {}
  Shares(const Shares&) = delete;
  Shares& operator=(const Shares&) = delete;

  bool has(const std::string& name) const {
    const auto found = taken_.find(name);
    return all_taken_ < in_all_ && (found == taken_.end() || found->second < by_name_);
  }
  /// Over the bound too, if has() was not asked.
  [[nodiscard]] Lease take(const std::string& name) {
    ++all_taken_;
    ++taken_[name];
    return {*this, name};
  }
  /// `freed` is not called any more.
  void close() { freed_ = nullptr; }

 private:
  void give_back(const std::string& name) {
    --all_taken_;
    if (const auto found = taken_.find(name); --found->second == 0) taken_.erase(found);
    if (freed_) freed_();
  }

  const std::size_t in_all_, by_name_;
  std::function<void()> freed_;
  std::size_t all_taken_ = 0;
  std::map<std::string, std::size_t> taken_;
};

}  // namespace xmppftd
