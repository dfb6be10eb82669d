// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/bulk.h"
#include "io/file.h"
#include "io/timer.h"
#include "transfer/checkpoints.h"
#include "transfer/job_list.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// An accepted incoming file on disk, wherever its bytes come from: each step is on disk before the
/// next begins, so that a crash at any moment leaves a state that recovery knows.
///
///   look_at_place: name, what is there, folder and room, what is kept -> on_place_good -- commit
///   make_part: its name committed -> part file -> its inode committed -> on_part_made -- bytes
///     come, and what is synced of them is committed now and then
///   keep: all bytes -> size and hashes right -> synced -> `publishing` and the final name
///   committed
///     -> renamed -> Done committed -> on_in_place
///
/// Success is committed here; a failure is only reported. Destroying it leaves the record and the
/// part file as they are.
class ReceiveFile {
 public:
  /// Any of these may destroy the ReceiveFile, but for keep_free().
  class Owner {
   public:
    /// Bytes that must stay free on the disk beside this file.
    virtual std::uint64_t keep_free() const = 0;
    virtual void on_place_good() = 0;
    /// It cannot take the file (DiskFull, FileMissing, Exists, BadArgument...).
    virtual void on_place_bad(Error why) = 0;
    virtual void on_part_made() = 0;
    /// The file is under its name and the job Done, on disk.
    virtual void on_in_place() = 0;
    /// It is not what was offered, or cannot be stored.
    virtual void on_disk_failed(Error why) = 0;

   protected:
    ~Owner() = default;
  };

  /// What it works with; all outlive it.
  struct World {
    JobList& jobs;
    Files& files;
    Bulk& bulk;
    Timers& timers;
  };

  ReceiveFile(const World& world, Job& job, Owner& owner);
  ~ReceiveFile();

  /// What of the part file of an earlier attempt may serve again.
  enum class Keep {
    Nothing,
    /// what the journal knows to be on disk: nothing will tell if more of it is right; nothing of a
    /// file of unknown size, for nothing will tell if its end came
    Synced,
    All,  ///< all that is there: a digest will tell
  };
  /// The record's folder, wanted_name and on_exists say where the file goes, its part_name what is
  /// there from an earlier attempt.
  void look_at_place(Keep keep);
  /// After on_place_good(): the first bytes of the file that need not come again. Never all where
  /// the size is known, for some peers take a stream without bytes for one that failed.
  std::uint64_t kept() const noexcept { return kept_; }
  /// Once bytes can come, from `offset` on, which is 0 or kept(): who offers and never opens a
  /// stream costs neither a file nor a descriptor. on_place_good() was followed by a commit of the
  /// record, or it is made here.
  void make_part(std::uint64_t offset);
  /// From on_part_made() to keep(): has what is written synced now and then, and the journal told.
  /// `written` says how much of the file that is, and may come as far as is returned.
  std::shared_ptr<const Reach> make_checkpoints(std::function<std::uint64_t()> written);
  /// What the bytes are written to. Null before on_part_made().
  std::shared_ptr<OpenFile> file() const { return part_ ? part_->file : nullptr; }
  /// All bytes are written, and hash to this. Tells what keep() need not compute.
  void note_hash(const Hash& hash) { computed_[hash.algo] = hash.hex; }
  /// All bytes are written, and `declared` is what else the sender says of them: compares, and puts
  /// the file in its place.
  void keep(std::optional<Hash> declared);
  /// After a restart: the content is verified, `publishing` was committed.
  void finish_publishing();

  /// The file is complete and right, but its folder cannot take it just now (unmounted, full,
  /// unsafe, failing): that is tried again until it can, or the job is cancelled. On record as
  /// JobReason::AwaitingFolder.
  bool awaits_folder() const noexcept { return folder_again_ != nullptr; }
  /// Bytes that will still be written, of which `written` are, and that the disk has not set aside.
  std::uint64_t still_needs(std::uint64_t written) const;
  /// The part file, if one was made: for whoever ends the job.
  std::shared_ptr<PartFile> part() const { return part_; }

 private:
  std::uint64_t size() const;
  std::uint64_t most_to_keep() const;
  void check_taken();
  void check_kept();
  void measured(Result<Files::Kept> kept);
  void check_folder();
  void open_part();
  void part_made(Result<std::shared_ptr<PartFile>> part);
  void tell_wait(Error why);
  void verify();
  void hashed(Result<Hash> hash);
  void compare();
  void forget_kept();
  void sync();
  void publish();
  void give_name();
  void published(Result<std::string> folder);
  void await_folder(Error why);
  bool take_plainer_name();
  void done();

  const World world_;
  Job& job_;
  Owner& owner_;
  Keep keep_ = Keep::Nothing;
  std::uint64_t kept_ = 0;
  std::uint64_t offset_ = 0;  ///< of the stream
  std::shared_ptr<PartFile> part_;
  std::unique_ptr<Checkpoints> checkpoints_;  ///< while bytes come
  std::unique_ptr<HashTask> hashing_;
  std::map<HashAlgo, std::string> expected_;  ///< what others say the content hashes to
  std::map<HashAlgo, std::string> computed_;
  bool contradiction_ = false;  ///< two words for one algorithm
  unsigned number_ = 1;         ///< 2 = "notes (2).txt"
  std::unique_ptr<Timer> folder_again_;
  bool folder_awaited_ = false;  ///< and told
  std::unique_ptr<Timer> part_again_;
  unsigned part_tries_ = 0;
  WhileAlive alive_;
};

}  // namespace xmppftd
