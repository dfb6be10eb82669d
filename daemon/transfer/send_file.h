// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/bulk.h"
#include "io/file.h"
#include "negotiation/negotiator.h"
#include "transfer/account_port.h"
#include "transfer/job_list.h"
#include "transfer/job_view.h"
#include "transfer/queue_config.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// One attempt to send one file:
///
///   start: open and compare with what was queued -> ask for the ways to the peer -> hash, where
///   the peer cannot confirm
///     -> ready -- its turn -> Offered -- peer accepts -> Connecting -- stream up -> Active -- last
///     byte -> Verifying -- told how sure -> Done
///
/// A way that leads nowhere before a byte moved is followed by the next, from the hash on. Success
/// is committed here; a failure is only reported, for its owner to decide on. Destroying it gives
/// up: the peer is told, the record stays as it is.
class SendFile final : private Sending::Handler, private Carrier::Handler {
 public:
  class Owner {
   public:
    /// There are ways to the peer. Methods that are none of them, and why.
    virtual void on_send_planned(JobId id, const std::vector<SendPlan::LeftOut>& left_out) = 0;
    /// All is there for the offer: offer() it when it is its turn. May come from inside start().
    virtual void on_send_ready(JobId id) = 0;
    /// The peer was found and the offer is under way.
    virtual void on_send_offered(JobId id) = 0;
    /// The peer said yes.
    virtual void on_send_accepted(JobId id) = 0;
    /// Its bytes move (true), or all are out and the peer's word is awaited.
    virtual void on_send_moves(JobId id, bool moves) = 0;
    /// Last call; may destroy the SendFile. `how` ok: the job is Done and on disk.
    virtual void on_send_ended(JobId id, Result<void> how) = 0;

   protected:
    ~Owner() = default;
  };

  /// What it works with; all outlive it. `config` is copied.
  struct World {
    JobList& jobs;
    Files& files;
    Bulk& bulk;
    AccountPort& account;
    Owner& owner;
  };

  /// `held`: the open source, where there is one; null = open the path.
  SendFile(const World& world, Job& job, const QueueConfig& config, std::shared_ptr<OpenFile> held);
  ~SendFile();

  /// Once. May end at once (and so destroy this).
  void start();

  /// Once, when it is ready; the ways after the first are offered by itself. May end at once (and
  /// so destroy this).
  void offer();

  /// Did this attempt get as far as an offer? Then it counts.
  bool offered() const noexcept { return offered_; }
  /// Was the peer found, and is it of our own kind?
  bool peer_confirms() const;
  /// What of this attempt the peer may still hold, for Negotiator::withdraw().
  struct HeldOffer {
    Negotiator* negotiator;
    Jid peer;
    std::string sid;
  };
  std::optional<HeldOffer> held_offer() const;
  JobSample sample() const;

 private:
  void opened(Result<std::shared_ptr<OpenFile>> file);
  void look_for_ways();
  void found(Result<SendPlan> plan);
  const Way& way() const { return ways_[way_]; }
  void prepare();
  void hashed(Result<Hash> hash);
  void ready();
  void fail(Error why);
  bool try_next_way(const Error& why);
  void enter(JobState to, JobReason reason, std::string what, std::string detail = {});

  // Sending::Handler
  void on_accepted() override;
  void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                  std::optional<HashAlgo> digest) override;
  void on_completed(Delivery delivery, std::optional<Hash> verified) override;
  void on_ended(Error why) override;
  void on_step(std::string_view what, std::string detail) override;
  // Carrier::Handler
  void on_server_limit(std::uint64_t rate) override;
  void on_end(Result<Moved> how) override;

  World world_;
  Job& job_;
  const std::uint64_t hash_before_offer_max_;
  const std::chrono::milliseconds answer_within_;
  const std::vector<MethodChoice> methods_;
  std::shared_ptr<OpenFile> file_;
  std::vector<Way> ways_;
  std::size_t way_ = 0;  // the one that is tried; there once ways_ is
  std::unique_ptr<HashTask> hashing_;
  std::unique_ptr<Sending> sending_;
  std::optional<HeldOffer> held_before_;  // by a way that led nowhere
  std::unique_ptr<Carrier> carrier_;
  ByteRange range_;
  bool offered_ = false;
  bool began_to_move_ = false;
  WhileAlive alive_;
};

}  // namespace xmppftd
