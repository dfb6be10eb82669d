// SPDX-License-Identifier: MIT
#include "transfer/receive_file.h"

#include <algorithm>

#include "base/log.h"
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
/// From SOCKS5 to in-band. Each stream has its own time to come.
constexpr unsigned kMaxSwitches = 1;

}  // namespace

ReceiveFile::ReceiveFile(const World& world, Job& job) : world_(world), job_(job) {}
ReceiveFile::~ReceiveFile() = default;

std::uint64_t ReceiveFile::transferred() const {
  return carrier_ ? job_.now().offset + carrier_->progress().bytes.load(std::memory_order_relaxed)
                  : job_.now().transferred;
}

bool ReceiveFile::awaits_word() const {
  return job_.now().state == JobState::Verifying && receiving_ && !word_is_in_;
}

std::uint64_t ReceiveFile::still_needs() const {
  const auto size = job_.now().file.size;
  if (is_terminal(job_.now().state)) return 0;  // the sender has yet to hear of it
  if (job_.now().publishing) return 0;          // it is all there, if not under its name
  if (!part_) return size;
  return part_->reserved ? 0 : size - std::min(size, transferred());
}

// Up to the answer

void ReceiveFile::begin(std::unique_ptr<IncomingOffer> offer, IncomingOffer::Terms terms) {
  offer_ = std::move(offer);
  terms_ = terms;
  terms_.range = {0, job_.now().file.size};
  if (job_.now().state != JobState::Offered) return check_name();
  world_.book.try_commit({&job_}, alive_.wrap([this](Result<void> how) {
    if (!how) return refuse(how.error());
    check_name();
  }));
}

/// An early word where the user wants no other name; publishing decides. A name that this file
/// system refuses is replaced by one that it takes, unless the user typed it.
void ReceiveFile::check_name() {
  const auto& wanted = job_.now().wanted_name;
  if (is_plain_everywhere(wanted)) return check_taken();
  world_.files.usable_name(job_.now().folder, wanted, alive_.wrap([this](Result<std::string> name) {
    auto& record = job_.edit();
    if (!name) return refuse(name.error());
    if (*name != record.wanted_name && record.wanted_name != record.file.name)
      return refuse({Errc::BadArgument, "name: the file system of " + record.folder +
                                            " takes no file named '" + record.wanted_name + "'; '" +
                                            *name + "' would do"});
    record.wanted_name = std::move(*name);
    check_taken();
  }));
}

void ReceiveFile::check_taken() {
  if (job_.now().on_exists != "fail") return check_place();
  world_.files.is_taken(
      job_.now().folder, job_.now().wanted_name, alive_.wrap([this](Result<bool> taken) {
        if (!taken) return refuse(taken.error());
        if (*taken)
          return refuse({Errc::Exists, job_.now().wanted_name + " exists in " + job_.now().folder +
                                           "; choose another name, or let it be renamed"});
        check_place();
      }));
}

void ReceiveFile::refuse(Error why) {
  world_.owner.on_receive_refused(job_.id(), std::move(offer_), std::move(why));
}

/// The part file is made when bytes come; but whoever accepts hears now that they cannot.
void ReceiveFile::check_place() {
  world_.files.check_place(job_.now().folder, job_.now().file.size,
                           world_.owner.keep_free(job_.id()),
                           alive_.wrap([this](Result<void> good) {
                             if (!good) return refuse(good.error());
                             answer();
                           }));
}

/// What a crash may forget of this is not needed: the consent is on disk.
void ReceiveFile::answer() {
  auto& record = job_.edit();
  record.peer_full = offer_->offer().peer.str();
  record.attempt += 1;
  record.transferred = record.offset = 0;
  record.waiting_since = {};
  record.publishing = false;
  record.final_name.clear();
  job_.move(JobState::Connecting);
  world_.book.tell(job_.id(), "accepted", "into " + record.folder);
  world_.book.commit(job_, alive_.wrap([this] { world_.owner.on_receive_begun(job_.id()); }));
  receiving_ = std::exchange(offer_, nullptr)->accept(terms_, *this);
}

bool ReceiveFile::switch_to(std::unique_ptr<IncomingOffer>& offer,
                            const IncomingOffer::Terms& terms) {
  if (job_.now().state != JobState::Connecting || carrier_ || switches_ == kMaxSwitches)
    return false;
  terms_ = terms;
  terms_.range = {0, job_.now().file.size};
  job_.edit().peer_full = offer->offer().peer.str();
  world_.book.tell(job_.id(), "offered", "again, by another way");
  world_.book.commit(job_);
  if (offer_) {  // the first one is not answered yet: this one will be instead
    offer_ = std::move(offer);
  } else {
    ++switches_;
    receiving_.reset();
    receiving_ = std::move(offer)->accept(terms_, *this);
  }
  return true;
}

// The stream

void ReceiveFile::on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                             std::optional<HashAlgo> digest) {
  carrier_ = std::move(carrier);
  range_ = range;
  digest_ = digest;
  make_part();
}

void ReceiveFile::make_part() {
  // Not tied to our life: a part that is made after we gave up must go again.
  world_.files.create_part(
      job_.now().folder, job_.now().file.size, world_.owner.keep_free(job_.id()),
      [&files = world_.files, mine = alive_.wrap([this](auto part) { part_made(std::move(part)); }),
       alive = alive_.watch()](Result<std::shared_ptr<PartFile>> part) mutable {
        if (!alive.expired()) return mine(std::move(part));
        if (part) files.discard(std::move(*part), [](Result<void>) {});
      });
}

void ReceiveFile::part_made(Result<std::shared_ptr<PartFile>> part) {
  if (!part && part.error().code == Errc::Unavailable && ++part_tries_ < kPartTries) {
    tell_wait(part.error());
    part_again_ = world_.timers.after(kPartAgain, [this] { make_part(); });
    return;
  }
  if (!part) return fail_and_tell(part.error());
  part_ = std::move(*part);
  auto& record = job_.edit();
  if (std::exchange(part_tries_, 0) != 0) {
    record.error_name.clear();
    record.error_detail.clear();
  }
  record.part_name = part_->name;
  record.part = part_->file->identity;
  world_.book.commit(job_, alive_.wrap([this] { start(); }));
}

/// Told once, not at each try.
void ReceiveFile::tell_wait(Error why) {
  if (job_.now().error_detail == why.detail) return;
  world_.book.tell(job_.id(), "waiting", why.detail);
  auto& record = job_.edit();
  record.error_name = error_name_of(judge(why.code).reason);
  record.error_detail = std::move(why.detail);
  world_.book.commit(job_);
}

void ReceiveFile::start() {
  job_.move(JobState::Active);
  show_path();
  carrier_->start({part_->file, digest_}, range_, *this);
  world_.owner.on_receive_moves(job_.id(), true);
}

void ReceiveFile::show_path() {
  const Path& path = carrier_->path();
  auto& record = job_.edit();
  record.method = path.method;
  record.route = path.route;
  record.host = path.host;
  record.port = path.port;
  world_.book.tell(job_.id(), "active", MethodChoice{path.method, path.route}.str());
  world_.book.commit(job_);
}

void ReceiveFile::on_switched(const Error& why) {
  world_.book.tell(job_.id(), "failed", why.detail);
  world_.book.tell(job_.id(), "fallback", "in-band, under the same sid");
  show_path();
}

void ReceiveFile::on_end(Result<Moved> how) {
  const auto size = job_.now().file.size;
  if (!how) return fail_and_tell(how.error());
  if (how->bytes != size)
    return fail_and_tell({how->bytes < size ? Errc::Interrupted : Errc::Protocol,
                          "the stream ended after " + std::to_string(how->bytes) + " of " +
                              std::to_string(size) + " bytes"});
  carrier_.reset();
  if (how->hash) computed_[how->hash->algo] = how->hash->hex;
  job_.edit().transferred = size;
  job_.move(JobState::Verifying);
  world_.book.tell(job_.id(), "received");
  world_.book.commit(job_);
  world_.owner.on_receive_moves(job_.id(), false);
  receiving_->delivered(*how);
}

// Is it what was offered?

void ReceiveFile::on_declared(std::optional<Hash> declared) {
  if (word_is_in_) return;
  word_is_in_ = true;
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
    hashing_ =
        world_.bulk.hash(part_->file, {0, job_.now().file.size}, algo, std::make_shared<Progress>(),
                         [this](Result<Hash> hash) { hashed(std::move(hash)); });
    return;
  }
  compare();
}

void ReceiveFile::hashed(Result<Hash> hash) {
  hashing_.reset();
  if (!hash) return fail_and_tell(hash.error());
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
  if (wrong) {
    record.hash_state = HashState::Mismatch;
    record.part_name.clear();  // it becomes .bad, which is nobody's part
    auto part = std::exchange(part_, nullptr);
    const auto kept = part->name.substr(0, part->name.rfind('.')) + ".bad";
    return world_.files.set_aside(std::move(part), alive_.wrap([this, kept](Result<void>) {
      fail_and_tell({Errc::HashMismatch, "the content is not what was offered; it is kept as " +
                                             kept + " in " + job_.now().folder});
    }));
  }
  record.hash_state =
      expected_.empty() ? HashState::SizeOnly : verified_by(expected_.rbegin()->first);
  sync();
}

// Putting it in place

void ReceiveFile::sync() {
  world_.files.sync_part(part_, alive_.wrap([this](Result<void> how) {
    if (!how) return fail_and_tell(how.error());
    publish();
  }));
}

void ReceiveFile::publish() {
  auto& record = job_.edit();
  record.publishing = true;
  record.final_name =
      number_ == 1 ? record.wanted_name : numbered_file_name(record.wanted_name, number_);
  world_.book.commit(job_, alive_.wrap([this] { give_name(); }));
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
    // And what passes does not either.
    case Errc::Unavailable:
      tell_wait(std::move(why));
      folder_again_ = world_.timers.after(kFolderAgain, [this] { give_name(); });
      return;
    default: break;
  }
  job_.edit().publishing = false;
  fail_and_tell(std::move(why));
}

/// The next one after the file system refused the name, for a complete file is not thrown away over
/// that.
bool ReceiveFile::take_plainer_name() {
  auto& record = job_.edit();
  const auto plainer = plainer_names(record.wanted_name);
  if (plainer.empty()) return false;
  world_.book.tell(job_.id(), "renamed",
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
  record.transferred = record.file.size;
  record.delivery = Delivery::Confirmed;
  part_.reset();
  job_.move(JobState::Done);
  world_.book.tell(job_.id(), "done", record.path);
  world_.book.commit(job_, alive_.wrap([this] {
    if (!receiving_) return world_.owner.on_receive_ended(job_.id(), {});
    receiving_->complete();
  }));
}

void ReceiveFile::finish_publishing() {
  folder_again_.reset();
  const auto& record = job_.now();
  world_.files.find_part(
      record.folder, record.part_name, record.final_name, record.part,
      alive_.wrap([this](Result<Files::Found> found) {
        if (!found && found.error().code == Errc::Unavailable) {
          tell_wait(found.error());
          folder_again_ = world_.timers.after(kFolderAgain, [this] { finish_publishing(); });
          return;
        }
        if (!found) return fail(found.error());
        switch (found->state) {
          case PartState::Published: return done();
          case PartState::Part: part_ = found->part; return publish();
          case PartState::Gone:
            return fail(
                {Errc::Interrupted, "the received bytes are gone; they have to come again"});
        }
      }));
}

void ReceiveFile::on_completed() { world_.owner.on_receive_ended(job_.id(), {}); }

void ReceiveFile::on_ended(Error why) {
  receiving_.reset();
  if (job_.now().state == JobState::Done) {
    // Whether the sender could be told changes nothing here. Not on disk yet: done() will end it.
    if (job_.shown() != nullptr && job_.shown()->state == JobState::Done)
      world_.owner.on_receive_ended(job_.id(), {});
    return;
  }
  if (!word_is_in_) fail(std::move(why));
}

void ReceiveFile::on_step(std::string_view what, std::string detail) {
  world_.book.tell(job_.id(), std::string(what), std::move(detail));
}

void ReceiveFile::fail(Error why) { world_.owner.on_receive_ended(job_.id(), std::move(why)); }

/// For troubles that the sender does not know of.
void ReceiveFile::fail_and_tell(Error why) {
  if (receiving_) receiving_->fail(why);
  fail(std::move(why));
}

}  // namespace xmppftd
