// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/bulk.h"
#include "io/file.h"
#include "io/timer.h"
#include "negotiation/negotiator.h"
#include "transfer/account_port.h"
#include "transfer/job_book.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// One accepted incoming file: each step is on disk before the next begins, so that a crash at any
/// moment leaves a state that recovery knows. Who offers and never opens a stream costs neither a
/// file nor a descriptor.
///
///   consent committed -> place looked at -> peer answered, Connecting -> stream open -> part file
///   -> its inode
///     committed, Active -> all bytes, Verifying -> size and hashes right -> synced -> `publishing`
///     and the final name committed -> renamed -> Done committed -> only then the peer is told
///
/// Success is committed here; a failure is only reported, for the desk to judge. Destroying it
/// gives up: the peer is told, the record and the part file stay as they are.
class ReceiveFile final : private Receiving::Handler, private Carrier::Handler {
 public:
  class Owner {
   public:
    /// Bytes that must stay free on the disk beside this file.
    virtual std::uint64_t keep_free(JobId id) const = 0;
    /// The answer is under way: the job is Connecting, on disk.
    virtual void on_receive_begun(JobId id) = 0;
    /// The stream is open and bytes come (true), or all are here.
    virtual void on_receive_moves(JobId id, bool moves) = 0;
    /// The place cannot take it (DiskFull, FileMissing, ...), or the journal failed: here is the
    /// offer back, unanswered. Last call.
    virtual void on_receive_refused(JobId id, std::unique_ptr<IncomingOffer> offer, Error why) = 0;
    /// Last call. `how` ok: the file is in place and the job Done, on disk.
    virtual void on_receive_ended(JobId id, Result<void> how) = 0;

   protected:
    ~Owner() = default;
  };

  /// What it works with; all outlive it.
  struct World {
    JobBook& book;
    Files& files;
    Bulk& bulk;
    Timers& timers;
    Owner& owner;
  };

  ReceiveFile(const World& world, Job& job);
  ~ReceiveFile();

  // One of these starts it, once.
  /// The record's folder, wanted_name and on_exists say where the file goes. For a job that is
  /// still Offered they are committed first: that is the consent.
  void begin(std::unique_ptr<IncomingOffer> offer, IncomingOffer::Terms terms);
  /// After a restart: the content is verified, `publishing` was committed.
  void finish_publishing();

  /// The sender's new offer of the same file, while the old one has no stream yet: true = taken;
  /// false = too late, or not the first time, and the offer is left alone.
  bool switch_to(std::unique_ptr<IncomingOffer>& offer, const IncomingOffer::Terms& terms);

  /// The file is complete and right, but its folder cannot take it just now (unmounted, full,
  /// unsafe): that is tried again until it can, or the job is cancelled.
  bool awaits_folder() const noexcept { return folder_again_ != nullptr && part_ != nullptr; }
  /// All bytes are here, but not the sender's word about them.
  bool awaits_word() const;

  std::uint64_t transferred() const;
  /// Bytes that will still be written and that the disk has not set aside.
  std::uint64_t still_needs() const;
  /// The part file, if one was made: for whoever ends the job.
  std::shared_ptr<PartFile> part() const { return part_; }

 private:
  void check_name();
  void check_taken();
  void check_place();
  void answer();
  void refuse(Error why);
  void make_part();
  void part_made(Result<std::shared_ptr<PartFile>> part);
  void tell_wait(Error why);
  void start();
  void verify();
  void hashed(Result<Hash> hash);
  void compare();
  void sync();
  void publish();
  void give_name();
  void published(Result<std::string> folder);
  bool take_plainer_name();
  void done();
  void fail(Error why);
  void fail_and_tell(Error why);

  // Receiving::Handler
  void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                  std::optional<HashAlgo> digest) override;
  void on_completed() override;
  void on_declared(std::optional<Hash> declared) override;
  void on_ended(Error why) override;
  void on_step(std::string_view what, std::string detail) override;
  void show_path();
  // Carrier::Handler
  void on_switched(const Error& why) override;
  void on_end(Result<Moved> how) override;

  World world_;
  Job& job_;
  std::unique_ptr<IncomingOffer> offer_;
  IncomingOffer::Terms terms_;
  std::shared_ptr<PartFile> part_;
  std::unique_ptr<Receiving> receiving_;
  std::unique_ptr<Carrier> carrier_;
  ByteRange range_;                 ///< of the carrier,
  std::optional<HashAlgo> digest_;  ///< and what the sender will compare
  std::unique_ptr<Move> hashing_;
  std::map<HashAlgo, std::string> expected_;  ///< what others say the content hashes to
  std::map<HashAlgo, std::string> computed_;
  bool contradiction_ = false;  ///< two words for one algorithm
  bool word_is_in_ = false;     ///< the sender said its last: from here on we finish without it
  unsigned switches_ = 0;       ///< streams given up for another offer
  unsigned number_ = 1;         ///< 2 = "notes (2).txt"
  std::unique_ptr<Timer> folder_again_;
  std::unique_ptr<Timer> part_again_;
  unsigned part_tries_ = 0;
  WhileAlive alive_;
};

}  // namespace xmppftd
