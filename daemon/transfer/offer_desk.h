// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/timer.h"
#include "negotiation/negotiator.h"
#include "transfer/accept_policy.h"
#include "transfer/accept_quota.h"
#include "transfer/account_port.h"
#include "transfer/job_book.h"
#include "io/later.h"
#include "transfer/queue.h"
#include "transfer/queue_config.h"
#include "transfer/receive_file.h"
#include "transfer/slots.h"

namespace xmppftd {

/// Incoming files: answers offers by rule or by the user's word, bounds how many wait (RELIABILITY SI3), lets them expire,
/// and knows a file again that its sender offers anew.
///
/// A live incoming job is in exactly one place: `pending_` (Offered, unanswered), `receiving_` (being accepted, coming in
/// or being put in place), `waiting_` (Queued: the stream was lost, the sender may offer it again).
class OfferDesk final : private ReceiveFile::Owner {
 public:
  using Done = TransferQueue::Done;

  OfferDesk(const TransferQueue::World& world, const QueueConfig& config, JobBook& book, Later& later, Slots& slots);
  ~OfferDesk();

  /// Takes in what recovery left of a live or ended incoming job.
  void resume(Job& job);
  void set_policy(AcceptPolicy policy) { policy_ = std::move(policy); }
  const AcceptPolicy& policy() const noexcept { return policy_; }

  void on_offer(AccountId account, std::unique_ptr<IncomingOffer> offer);
  void accept(Job& job, AcceptOptions options, Done done);
  void decline(Job& job, Done done);
  /// Of any live incoming job.
  void cancel(Job& job, Done done);

  /// Unanswered offers can no longer be answered.
  void account_offline(AccountId account);
  void account_removed(AccountId account);
  void peer_gone(AccountId account, const Jid& full);

  /// A running job moves too slowly to hold a slot, or no longer so.
  void creeps(JobId id, bool slowly);
  std::optional<std::uint64_t> transferred(JobId id) const;
  /// The job is about to leave the list.
  void forget(JobId id);

 private:
  struct Pending {
    std::unique_ptr<IncomingOffer> offer;
    std::unique_ptr<Timer> expiry;
  };
  struct Receiving {
    std::unique_ptr<ReceiveFile> file;
    Done reply;  ///< of the user's accept(), until the answer is under way; empty when a rule accepted
    Slots::Lease slot;  ///< once the stream is open
  };

  Job* find_twin(AccountId account, const Offer& offer);
  void refuse_again(Job& job, IncomingOffer& offer);
  bool offered_again(Job& job, std::unique_ptr<IncomingOffer>& offer);
  void take(AccountId account, std::unique_ptr<IncomingOffer> offer);
  std::optional<Error> too_many(AccountId account, const Jid& peer) const;
  const AcceptRule* rule_for(const Offer& offer, const PeerTrust& trust);
  void ask(Job& job, std::unique_ptr<IncomingOffer> offer);
  void receive(Job& job, std::unique_ptr<IncomingOffer> offer, Done reply);
  IncomingOffer::Terms terms_for(const Job& job, const Jid& peer) const;
  void wait_for_sender(Job& job);
  void withdraw(AccountId account, std::string_view peer);
  void end(Job& job, JobState state, JobReason reason, const Error& why, std::shared_ptr<PartFile> part = nullptr,
           JobBook::Then then = {});
  void drop_part(Job& job, std::shared_ptr<PartFile> part);

  // ReceiveFile::Owner
  void on_receive_begun(JobId id) override;
  void on_receive_moves(JobId id, bool moves) override;
  void on_receive_refused(JobId id, std::unique_ptr<IncomingOffer> offer, Error why) override;
  void on_receive_ended(JobId id, Result<void> how) override;

  TransferQueue::World world_;
  const QueueConfig& config_;
  JobBook& book_;
  Later& later_;
  Slots& slots_;
  AcceptPolicy policy_;
  std::map<JobId, Pending> pending_;
  std::map<JobId, Receiving> receiving_;
  std::map<JobId, std::unique_ptr<Timer>> waiting_;
  AcceptQuota quota_;
  WhileAlive alive_;
};

}  // namespace xmppftd
