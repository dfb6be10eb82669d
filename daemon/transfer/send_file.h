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
#include "transfer/job_book.h"
#include "transfer/queue_config.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// One attempt to send one file:
///
///   start: open and compare with what was queued -> find the peer's resource -> hash, where the
///   peer cannot confirm
///     -> ready -- its turn -> Offered -- peer accepts -> Connecting -- stream up -> Active -- last
///     byte -> Verifying -- told how sure -> Done
///
/// Success is committed here; a failure is only reported, for the queue to judge. Destroying it
/// gives up: the peer is told, the record stays as it is.
class SendFile final : private Negotiation::Handler, private Carrier::Handler {
 public:
  class Owner {
   public:
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
    JobBook& book;
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

  /// Once, when it is ready. May end at once (and so destroy this).
  void offer();

  /// Did this attempt get as far as an offer? Then it counts.
  bool offered() const noexcept { return offered_; }
  /// Was the peer found, and is it of our own kind?
  bool peer_confirms() const;
  /// What of this attempt the peer may still hold, for Negotiator::withdraw().
  std::optional<Withdrawal> open_offer() const;
  /// Bytes of the file that are across.
  std::uint64_t transferred() const;

 private:
  void opened(Result<std::shared_ptr<OpenFile>> file);
  void look_up_peer();
  void found(Result<Route> route);
  void hashed(Result<Hash> hash);
  void fail(Error why);
  void move(JobState to, JobReason reason, std::string what, std::string detail = {});

  // Negotiation::Handler
  void on_accepted() override;
  void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                  std::optional<HashAlgo> digest) override;
  void on_completed(Delivery delivery, std::optional<Hash> verified) override;
  void on_declared(std::optional<Hash> declared) override;
  void on_ended(Error why) override;
  void on_step(std::string_view what, std::string detail) override;
  // Carrier::Handler
  void on_server_limit(std::uint64_t rate) override;
  void on_end(Result<Moved> how) override;

  World world_;
  Job& job_;
  const std::uint64_t hash_before_offer_max_;
  const std::chrono::milliseconds answer_within_;
  std::vector<MethodChoice> methods_;
  std::shared_ptr<OpenFile> file_;
  std::optional<Route> route_;
  std::unique_ptr<Move> hashing_;
  std::unique_ptr<Negotiation> negotiation_;
  std::unique_ptr<Carrier> carrier_;
  ByteRange range_;
  bool offered_ = false;
  WhileAlive alive_;
};

}  // namespace xmppftd
