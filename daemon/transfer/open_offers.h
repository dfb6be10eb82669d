// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/later.h"
#include "io/timer.h"
#include "negotiation/negotiator.h"
#include "session/rate_limit.h"
#include "transfer/accept_policy.h"
#include "transfer/accept_quota.h"
#include "transfer/account_port.h"
#include "transfer/incoming_jobs.h"
#include "transfer/job_list.h"
#include "transfer/orders.h"
#include "transfer/queue_config.h"
#include "transfer/queue_world.h"
#include "transfer/short_folders.h"
#include "transfer/slots.h"

namespace xmppftd {

/// Incoming offers: answers them by rule or by the user's word, bounds how many wait, and lets them
/// expire. What is accepted goes to the IncomingJobs.
///
/// An offer waits here for the user (Offered, awaiting-user) or, where a rule takes it, for room
/// (Offered, waiting-slot). Beyond the bounds the sender is told "not now", which costs it nothing,
/// and no job is made: max_pending and max_pending_per_peer offers wait at a time, and one person
/// may ask the user ten questions at once and one a minute after that. What the user accepts does
/// not count.
class OpenOffers final : private IncomingJobs::Owner {
 public:
  using Done = OrderDone;
  static constexpr double kQuestionsAtOnce = 10;
  static constexpr double kQuestionsPerSecond = 1 / 60.0;

  OpenOffers(const QueueWorld& world, const QueueConfig& config, JobList& jobs, Later& later,
             Slots& slots);
  ~OpenOffers();

  /// What was accepted.
  IncomingJobs& incoming() noexcept { return incoming_; }
  void set_policy(AcceptPolicy policy) { policy_ = std::move(policy); }
  const AcceptPolicy& policy() const noexcept { return policy_; }

  /// Takes in what recovery left of a live or ended incoming job.
  void resume(Job& job);

  void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer);
  /// False when nothing is known of it.
  bool on_withdrawn(AccountId account, const Withdrawal& what);
  void accept(Job& job, AcceptOptions options, Done done);
  void decline(Job& job, Done done);
  /// Of any live incoming job.
  void cancel(Job& job, Done done);
  Wait wait_of(JobId id) const;

  /// Unanswered offers can no longer be answered.
  void account_offline(AccountId account);
  void account_removed(AccountId account);
  void peer_gone(AccountId account, const Jid& full);

 private:
  struct Pending {
    /// null: it came before a restart, and its sender will come again
    std::unique_ptr<IncomingOffer> offer;
    std::unique_ptr<Timer> expiry;
    Timers::Clock::time_point until;
  };

  Job* find_same(AccountId account, const Offer& offer);
  void asked_again(Job& job, std::unique_ptr<IncomingOffer> offer);
  void say_done(Job& job, IncomingOffer& offer);
  void refuse_again(Job& job, IncomingOffer& offer);
  void take(AccountId account, std::unique_ptr<IncomingOffer> offer);
  std::optional<Error> may_not_wait(AccountId account, const Jid& peer) const;
  std::optional<Error> asked_too_often(AccountId account, const Jid& peer) const;
  std::optional<Error> may_not_ask(AccountId account, const Jid& peer) const;
  const AcceptRule* rule_for(AccountId account, const Offer& offer) const;
  bool within_quota(const Offer& offer);
  void follow(Job& job, const AcceptRule& rule);
  void accept_by_rule(Job& job);
  void ask_after_all(Job& job);
  void admit();
  std::string folder_of(const AcceptRule& rule) const;
  bool has_room(const AcceptRule& rule, AccountId account, const Jid& peer) const;
  void hold_for_better_times(Job& job, std::unique_ptr<IncomingOffer> offer, const Error& why);
  bool is_for_room(JobId id) const;
  void hold(Job& job, std::unique_ptr<IncomingOffer> offer);
  std::unique_ptr<Timer> expiry_of(JobId id);
  void expire(JobId id);
  void withdraw(AccountId account, std::string_view peer);
  void end(Job& job, JobState state, JobReason reason, const Error& why, JobList::Then then = {});

  // IncomingJobs::Owner
  void on_not_received(Job& job, std::unique_ptr<IncomingOffer> offer, Error why,
                       Done reply) override;
  void on_room() override;

  QueueWorld world_;
  const QueueConfig& config_;
  JobList& jobs_;
  Later& later_;
  AcceptPolicy policy_;
  AcceptQuota quota_;
  RateLimit questions_{kQuestionsPerSecond, kQuestionsAtOnce};
  std::map<JobId, Pending> pending_;
  bool admitting_ = false;
  ShortFolders short_;  ///< no rule accepts into these
  IncomingJobs incoming_;
  WhileAlive alive_;
};

}  // namespace xmppftd
