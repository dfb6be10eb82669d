// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace xmppftd {

/// Token buckets by name: each name may act `burst` times at once and `per_second` times a second
/// after that.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  /// Has `name` a token left? Takes none.
  bool has(const std::string& name, Time now) const {
    const auto found = buckets_.find(name);
    return found == buckets_.end() ? burst_ >= 1 : filled(found->second, now) >= 1;
  }

  /// Takes one token of `name`'s, if there is one.
  bool take(const std::string& name, Time now) {
    if (buckets_.size() >= kSweepAt) sweep(now);
    auto& bucket = buckets_.try_emplace(name, Bucket{burst_, now}).first->second;
    bucket = {filled(bucket, now), now};
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /// Puts one of `name`'s tokens back.
  void give_back(const std::string& name, Time now) {
    const auto found = buckets_.find(name);
    if (found != buckets_.end())
      found->second = {std::min(burst_, filled(found->second, now) + 1), now};
  }

  std::size_t names() const noexcept { return buckets_.size(); }

 private:
  static constexpr std::size_t kSweepAt = 1000;
  struct Bucket {
    double tokens;
    Time filled_at;
  };
  double filled(const Bucket& bucket, Time now) const {
    const std::chrono::duration<double> passed = now - bucket.filled_at;
    return std::min(burst_, bucket.tokens + passed.count() * per_second_);
  }
  /// A full bucket is as good as none.
  void sweep(Time now) {
    std::erase_if(buckets_, [&](const auto& entry) { return filled(entry.second, now) >= burst_; });
  }

  double per_second_, burst_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace xmppftd
