// SPDX-License-Identifier: MIT
#include "transfer/receive_file.h"

#include <algorithm>
#include <limits>

#include "model/plain_name.h"
#include "transfer/job_view.h"
#include "transfer/verdict.h"

namespace xmppftd {
namespace {

constexpr unsigned kMaxNumber = 9999;
constexpr std::chrono::seconds kFolderAgain{10};
/// A sender whose stream is open, and who is held back by what it sent already, is not sent away at
/// once because a descriptor is missing: it would charge that to its job.
constexpr std::chrono::seconds kPartAgain{1};
constexpr unsigned kPartTries = 30;

/// Against what, for people.
std::string how_checked(const JobRecord& record) {
  if (record.hash_state == HashState::Md5 || record.hash_state == HashState::Sha256)
    return "all of it is what its sender's " + std::string(to_string(record.hash_state)) + " says";
  return "its sender gave no digest: only its size was checked";
}

}  // namespace

ReceiveFile::ReceiveFile(const World& world, Job& job, Owner& owner)
    : world_(world), job_(job), owner_(owner) {}
ReceiveFile::~ReceiveFile() = default;

std::uint64_t ReceiveFile::still_needs(std::uint64_t written) const {
  const auto size = job_.now().file.size;
  if (is_terminal(job_.now().state)) return 0;  // the sender has yet to hear of it
  if (job_.now().publishing) return 0;          // it is all there, if not under its name
  if (!size) return 0;                          // nobody can tell
  if (!part_) return *size - kept_;
  return part_->reserved ? 0 : *size - std::min(*size, written);
}

/// Once all bytes are written: where nobody said, it is what came. The record has it when the file
/// is here; until then the file may be offered again, without a size as before.
std::uint64_t ReceiveFile::size() const {
  return job_.now().file.size.value_or(job_.now().transferred);
}

// The place

/// An early word where the user wants no other name; publishing decides. A name that this file
/// system refuses is replaced by one that it takes, unless the user typed it.
void ReceiveFile::look_at_place(Keep keep) {
  keep_ = keep;
  const auto& wanted = job_.now().wanted_name;
  if (is_plain_everywhere(wanted)) return check_taken();
  world_.files.usable_name(job_.now().folder, wanted, alive_.wrap([this](Result<std::string> name) {
    auto& record = job_.edit();
    if (!name) return owner_.on_place_bad(name.error());
    if (*name != record.wanted_name && record.wanted_name != record.file.name)
      return owner_.on_place_bad({Errc::BadArgument, "name: the file system of " + record.folder +
                                                         " takes no file named '" +
                                                         record.wanted_name + "'; '" + *name +
                                                         "' would do"});
    record.wanted_name = std::move(*name);
    check_taken();
  }));
}

void ReceiveFile::check_taken() {
  if (job_.now().on_exists != "fail") return check_kept();
  world_.files.is_taken(
      job_.now().folder, job_.now().wanted_name, alive_.wrap([this](Result<bool> taken) {
        if (!taken) return owner_.on_place_bad(taken.error());
        if (*taken)
          return owner_.on_place_bad(
              {Errc::Exists, job_.now().wanted_name + " exists in " + job_.now().folder +
                                 "; accept it under another name, or with on_exists = rename"});
        check_kept();
      }));
}

void ReceiveFile::check_kept() {
  const auto& record = job_.now();
  if (record.part_name.empty() || record.part.inode == 0) return check_folder();
  world_.files.reopen_part(
      record.folder, record.part_name, record.part, most_to_keep(), record.file.size,
      owner_.keep_free(),
      alive_.wrap([this](Result<Files::Kept> kept) { measured(std::move(kept)); }));
}

std::uint64_t ReceiveFile::most_to_keep() const {
  const auto size = job_.now().file.size;
  if (keep_ == Keep::Nothing || size == 0u) return 0;
  if (keep_ == Keep::All) return size ? *size - 1 : std::numeric_limits<std::uint64_t>::max();
  return size ? std::min(*size - 1, job_.now().durable) : 0;
}

/// Opened for a moment, to see how much there is.
void ReceiveFile::measured(Result<Files::Kept> kept) {
  if (!kept) return owner_.on_place_bad(kept.error());
  if (kept->part == nullptr) return check_folder();
  kept_ = kept->bytes;
  owner_.on_place_good();
}

/// The part file is made when bytes come; but whoever accepts hears now that they cannot.
void ReceiveFile::check_folder() {
  world_.files.check_place(job_.now().folder, job_.now().file.size, owner_.keep_free(),
                           alive_.wrap([this](Result<void> good) {
                             if (!good) return owner_.on_place_bad(good.error());
                             auto& record = job_.edit();
                             record.part_name = new_part_file_name();
                             record.part = {};
                             owner_.on_place_good();
                           }));
}

// The part file

/// A name that the journal has stands for a file of ours, whenever we die.
void ReceiveFile::make_part(std::uint64_t offset) {
  offset_ = offset;
  const auto* on_disk = job_.shown();
  if (on_disk != nullptr && !on_disk->part_name.empty() &&
      on_disk->part_name == job_.now().part_name)
    return open_part();
  world_.jobs.commit(job_, alive_.wrap([this] { open_part(); }));
}

void ReceiveFile::open_part() {
  const auto& record = job_.now();
  // Not tied to our life: a part that is made after we gave up must go again.
  auto made = [&files = world_.files,
               mine = alive_.wrap([this](auto part) { part_made(std::move(part)); }),
               alive = alive_.watch()](Result<std::shared_ptr<PartFile>> part) mutable {
    if (!alive.expired()) return mine(std::move(part));
    if (part) files.discard(std::move(*part), [](Result<void>) {});
  };
  if (record.part.inode == 0)
    return world_.files.create_part(record.folder, record.part_name, record.file.size,
                                    owner_.keep_free(), std::move(made));
  world_.files.reopen_part(
      record.folder, record.part_name, record.part, offset_, record.file.size, owner_.keep_free(),
      alive_.wrap([this, made = std::move(made)](Result<Files::Kept> kept) mutable {
        if (!kept) return made(kept.error());
        if (kept->part != nullptr && kept->bytes == offset_) return made(std::move(kept->part));
        made(Error{Errc::Interrupted, "somebody cut or removed what was kept of the file"});
      }));
}

void ReceiveFile::part_made(Result<std::shared_ptr<PartFile>> part) {
  if (!part && part.error().code == Errc::Unavailable && ++part_tries_ < kPartTries) {
    tell_wait(part.error());
    part_again_ = world_.timers.after(kPartAgain, [this] { open_part(); });
    return;
  }
  if (!part) return owner_.on_disk_failed(part.error());
  part_ = std::move(*part);
  auto& record = job_.edit();
  if (std::exchange(part_tries_, 0) != 0) {
    record.error_name.clear();
    record.error_detail.clear();
  }
  record.durable = std::min(record.durable, offset_);
  if (record.part.inode != 0) return owner_.on_part_made();
  record.part = part_->file->identity;
  world_.jobs.commit(job_, alive_.wrap([this] { owner_.on_part_made(); }));
}

/// Told once, not at each try.
void ReceiveFile::tell_wait(Error why) {
  if (job_.now().error_detail == why.detail) return;
  world_.jobs.add_step(job_.id(), "waiting", why.detail);
  auto& record = job_.edit();
  record.error_name = error_name_of(verdict_of(why.code).reason);
  record.error_detail = std::move(why.detail);
  world_.jobs.commit(job_);
}

std::shared_ptr<const Reach> ReceiveFile::make_checkpoints(std::function<std::uint64_t()> written) {
  checkpoints_ = std::make_unique<Checkpoints>(
      world_.jobs, world_.files, world_.timers, job_, part_, std::move(written),
      [this](Error why) { owner_.on_disk_failed(std::move(why)); });
  return checkpoints_->reach();
}

// Is it what was offered?

void ReceiveFile::keep(std::optional<Hash> declared) {
  checkpoints_.reset();
  for (const auto& hash : {job_.now().file.hash, declared})
    if (hash && !expected_.emplace(hash->algo, hash->hex).second &&
        expected_[hash->algo] != hash->hex)
      contradiction_ = true;
  verify();
}

/// Computes what is missing, through the page cache, then compares.
void ReceiveFile::verify() {
  for (const auto& [algo, hex] : expected_) {
    if (computed_.count(algo) != 0) continue;
    hashing_ = world_.bulk.hash(part_->file, {0, size()}, algo, std::make_shared<Progress>(),
                                [this](Result<Hash> hash) { hashed(std::move(hash)); });
    return;
  }
  compare();
}

void ReceiveFile::hashed(Result<Hash> hash) {
  hashing_.reset();
  if (!hash) return owner_.on_disk_failed(hash.error());
  computed_[hash->algo] = hash->hex;
  verify();
}

void ReceiveFile::compare() {
  const bool wrong =
      contradiction_ || std::any_of(expected_.begin(), expected_.end(), [this](const auto& hash) {
        return computed_[hash.first] != hash.second;
      });
  auto& record = job_.edit();
  // The strongest that we have: HashAlgo's order.
  if (!computed_.empty()) record.hash = Hash{computed_.rbegin()->first, computed_.rbegin()->second};
  // What was kept was taken for good only because a digest would tell.
  const bool unproven = keep_ == Keep::All && expected_.empty();
  if (offset_ != 0 && (wrong || unproven)) return forget_kept();
  if (wrong) {
    record.hash_state = HashState::Mismatch;
    record.part_name.clear();  // it becomes .bad, which is nobody's part
    auto part = std::exchange(part_, nullptr);
    const auto kept = part->name.substr(0, part->name.rfind('.')) + ".bad";
    return world_.files.set_aside(std::move(part), alive_.wrap([this, kept](Result<void>) {
      owner_.on_disk_failed(
          {Errc::HashMismatch, "the content is not what was offered; it is kept as " + kept +
                                   " in " + job_.now().folder});
    }));
  }
  record.hash_state =
      expected_.empty() ? HashState::SizeOnly : verified_by(expected_.rbegin()->first);
  sync();
}

/// Whether what was kept or what came then is to blame, nobody can tell; nor, without any digest,
/// whether they fit.
void ReceiveFile::forget_kept() {
  auto& record = job_.edit();
  record.hash.reset();
  record.durable = 0;
  record.part = {};
  world_.jobs.add_step(job_.id(), "mismatch",
                       "what was kept and what came after byte " + std::to_string(offset_) +
                           " are not known to be the file: once more, from its first byte");
  world_.files.discard(std::exchange(part_, nullptr), alive_.wrap([this](Result<void>) {
    owner_.on_disk_failed({Errc::Interrupted, "what was kept of an earlier attempt did not fit"});
  }));
}

// Putting it in place

void ReceiveFile::sync() {
  const auto size = job_.now().file.size.value_or(job_.now().transferred);
  world_.files.sync_part(part_, size, alive_.wrap([this](Result<void> how) {
    if (!how) return owner_.on_disk_failed(how.error());
    publish();
  }));
}

void ReceiveFile::publish() {
  auto& record = job_.edit();
  record.publishing = true;
  record.final_name =
      number_ == 1 ? record.wanted_name : numbered_file_name(record.wanted_name, number_);
  world_.jobs.commit(job_, alive_.wrap([this] { give_name(); }));
}

void ReceiveFile::give_name() {
  folder_again_.reset();
  const bool overwrite = job_.now().on_exists == "overwrite";
  world_.files.publish(
      part_, job_.now().final_name, overwrite,
      alive_.wrap([this](Result<std::string> folder) { published(std::move(folder)); }));
}

void ReceiveFile::published(Result<std::string> folder) {
  const auto& record = job_.now();
  if (folder) {
    job_.edit().folder = std::move(*folder);
    return done();
  }
  auto why = folder.error();
  switch (why.code) {
    case Errc::Exists:
      if (record.on_exists != "rename" || number_ == kMaxNumber) break;
      ++number_;
      return publish();
    case Errc::BadArgument:
      if (take_plainer_name()) return publish();
      why.code = Errc::Io;
      break;
    // What the user can mend does not cost a complete file.
    case Errc::FileMissing:
    case Errc::UnsafeFolder:
    case Errc::Unreadable:
    case Errc::DiskFull:
    // Nor does what passes, nor a disk that may have given the name before it failed.
    case Errc::Unavailable:
    case Errc::Io: return await_folder(std::move(why));
    default: break;
  }
  job_.edit().publishing = false;
  owner_.on_disk_failed(std::move(why));
}

void ReceiveFile::await_folder(Error why) {
  // Told once more after a restart.
  if (!std::exchange(folder_awaited_, true)) job_.edit().error_detail.clear();
  job_.change(JobState::Verifying, JobReason::AwaitingFolder);
  folder_again_ = world_.timers.after(kFolderAgain, [this] {
    // For the moment it is too late to cancel; not worth a line in the journal.
    job_.change(JobState::Verifying);
    give_name();
  });
  tell_wait(std::move(why));
}

/// The next one after the file system refused the name, for a complete file is not thrown away over
/// that.
bool ReceiveFile::take_plainer_name() {
  auto& record = job_.edit();
  const auto plainer = plainer_names(record.wanted_name);
  if (plainer.empty()) return false;
  world_.jobs.add_step(
      job_.id(), "renamed",
      "the file system of " + record.folder + " takes no '" + record.final_name + "'");
  record.wanted_name = plainer.front();
  number_ = 1;
  return true;
}

void ReceiveFile::done() {
  auto& record = job_.edit();
  record.publishing = false;
  record.part_name.clear();
  record.path = record.folder + (record.folder.ends_with('/') ? "" : "/") + record.final_name;
  record.error_name.clear();
  record.error_detail.clear();
  record.file.size = record.transferred = size();
  record.delivery = Delivery::Confirmed;
  part_.reset();
  job_.change(JobState::Done);
  world_.jobs.add_step(job_.id(), "done", record.path + "; " + how_checked(record));
  world_.jobs.commit(job_, alive_.wrap([this] { owner_.on_in_place(); }));
}

void ReceiveFile::finish_publishing() {
  folder_again_.reset();
  const auto& record = job_.now();
  world_.files.find_part(
      record.folder, record.part_name, record.final_name, record.part,
      alive_.wrap([this](Result<Files::Found> found) {
        const bool may_pass = !found && (found.error().code == Errc::Unavailable ||
                                         is_disk_trouble(found.error().code));
        if (may_pass) {  // it may have its name: another try would give it a second one
          tell_wait(found.error());
          folder_again_ = world_.timers.after(kFolderAgain, [this] { finish_publishing(); });
          return;
        }
        if (!found) return owner_.on_disk_failed(found.error());
        switch (found->state) {
          case PartState::Published: return done();
          case PartState::Part: part_ = found->part; return publish();
          case PartState::Gone:
            return owner_.on_disk_failed(
                {Errc::Interrupted, "the received bytes are gone; they have to come again"});
        }
      }));
}

}  // namespace xmppftd
