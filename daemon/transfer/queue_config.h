// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// The numbers the queue works by. The composition root fills them from the config file; each
/// comment names the key.
struct QueueConfig {
  std::string download_folder;  ///< download_dir: absolute
  /// methods: in order of preference
  std::vector<MethodChoice> methods = all_choices();

  std::string on_exists = "rename";  ///< on_exists: rename | fail, where nobody says otherwise

  // limits
  unsigned max_active = 16;  ///< limits.max_active: 1.., see Slots
  /// limits.max_active_per_peer: outgoing, per bare JID; of large files an eighth, at least one
  unsigned max_active_per_peer = 8;

  // retry
  /// retry.attempts: that fail one after another without the peer having more of the file than
  /// before; 1 = never again
  unsigned attempts = 5;
  /// retry.first_delay, doubled each time
  std::chrono::milliseconds first_delay = std::chrono::seconds(5);
  std::chrono::milliseconds max_delay = std::chrono::minutes(10);  ///< retry.max_delay
  double jitter = 0.2;  ///< delays vary by this part either way
  /// queue.give_up_after: the peer never appeared
  std::chrono::seconds give_up_after = std::chrono::hours(24 * 7);
  std::chrono::minutes look_again_after{10};  ///< for peers whose presence nobody tells us

  // offers
  /// offers.answer_within: our offers
  std::chrono::milliseconds answer_within = std::chrono::minutes(5);
  std::chrono::milliseconds expire = std::chrono::minutes(10);  ///< offers.expire: offers to us
  /// offers.resume_within: a lost incoming stream
  std::chrono::seconds resume_within = std::chrono::hours(24 * 7);
  std::chrono::seconds relink_within{60};  ///< an offer after a failed stream continues its job
  /// How long a sender may take to offer again what the user cancelled while it came in: a minute
  /// to see that the stream broke, then its longest pause, which is ours (retry.max_delay, give or
  /// take a fifth).
  std::chrono::seconds refuse_again_within = std::chrono::minutes(15);
  unsigned max_pending = 100;          ///< offers.max_pending
  unsigned max_pending_per_peer = 10;  ///< offers.max_pending_per_peer: per bare JID
  /// offers.daily_quota: bytes a day that rules accept from one bare JID
  std::uint64_t daily_quota = 100ull << 30;

  // files
  std::uint64_t keep_free = 500ull << 20;              ///< disk.min_free: bytes
  std::uint64_t hash_before_offer_max = 256ull << 20;  ///< hash.before_offer_max: bytes

  // history
  std::chrono::seconds keep_history = std::chrono::hours(24 * 30);  ///< history.keep
  std::size_t max_jobs = 20000;  ///< history.max_jobs: ended ones above this go, oldest first
};

}  // namespace xmppftd
