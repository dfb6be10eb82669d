// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "negotiation/negotiator.h"
#include "transfer/job_view.h"
#include "transfer/receive_file.h"

namespace xmppftd {

/// One attempt to receive one file that was accepted: the sender's side of it. What happens on disk
/// is ReceiveFile's.
///
///   consent committed -> place looked at -> sender answered, Connecting -> stream open -> part
///   file
///     made, Active -> all bytes, Verifying -> the sender's word -> file in its place, Done -> only
///     then the sender is told
///
/// Success is committed here; a failure is only reported, for its owner to decide on. Destroying it
/// gives up: the sender is told, the record and the part file stay as they are.
class ReceiveAttempt final : private Receiving::Handler,
                             private Carrier::Handler,
                             private ReceiveFile::Owner {
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

  /// All of `world` and the owner outlive it.
  ReceiveAttempt(const ReceiveFile::World& world, Job& job, Owner& owner);
  ~ReceiveAttempt();

  // One of these starts it, once.
  /// For a job that is still Offered the record is committed first: that is the consent.
  void begin(std::unique_ptr<IncomingOffer> offer, IncomingOffer::Terms terms,
             ReceiveFile::Keep keep);
  /// ReceiveFile::finish_publishing().
  void finish_publishing() { file_.finish_publishing(); }

  /// The sender's new offer of the same file, while the old one has no stream yet: true = taken;
  /// false = too late, or not the first time, and the offer is left alone.
  bool switch_to(std::unique_ptr<IncomingOffer>& offer, const IncomingOffer::Terms& terms);

  /// All bytes are here, but not the sender's word about them.
  bool awaits_word() const;
  /// The sender's word is here, perhaps before the last bytes.
  bool sender_vouched() const { return word_is_in_ || (receiving_ && receiving_->vouched()); }
  bool awaits_folder() const noexcept { return file_.awaits_folder(); }

  JobSample sample() const;
  std::uint64_t still_needs() const { return file_.still_needs(sample().transferred); }
  std::shared_ptr<PartFile> part() const { return file_.part(); }

 private:
  void accept(std::unique_ptr<IncomingOffer> offer);
  void show_label();
  void fail(Error why);
  void fail_and_tell(Error why);

  // Receiving::Handler
  void on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                  std::optional<HashAlgo> digest) override;
  void on_declared(std::optional<Hash> declared) override;
  void on_completed() override;
  void on_ended(Error why) override;
  void on_step(std::string_view what, std::string detail) override;
  // Carrier::Handler
  void on_switched(const Error& why) override;
  void on_end(Result<Moved> how) override;
  // ReceiveFile::Owner
  std::uint64_t keep_free() const override { return owner_.keep_free(job_.id()); }
  void on_place_good() override;
  void on_place_bad(Error why) override;
  void on_part_made() override;
  void on_in_place() override;
  void on_disk_failed(Error why) override { fail_and_tell(std::move(why)); }

  JobList& jobs_;
  Job& job_;
  Owner& owner_;
  std::unique_ptr<IncomingOffer> offer_;
  IncomingOffer::Terms terms_;
  ReceiveFile file_;
  std::unique_ptr<Receiving> receiving_;
  std::unique_ptr<Carrier> carrier_;
  ByteRange range_;                 ///< of the carrier,
  std::optional<HashAlgo> digest_;  ///< and what the sender will compare
  bool word_is_in_ = false;         ///< the sender said its last: from here on we finish without it
  unsigned switches_ = 0;           ///< streams given up for another offer
  WhileAlive alive_;
};

}  // namespace xmppftd
