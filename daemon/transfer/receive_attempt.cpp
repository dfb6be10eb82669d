// SPDX-License-Identifier: MIT
#include "transfer/receive_attempt.h"

#include <limits>
#include <utility>

namespace xmppftd {
namespace {

/// From SOCKS5 to in-band. Each stream has its own time to come.
constexpr unsigned kMaxSwitches = 1;
/// Of a file whose size is not known: what a file system could take.
constexpr std::uint64_t kMostOfUnknown = std::numeric_limits<std::int64_t>::max();

}  // namespace

ReceiveAttempt::ReceiveAttempt(const ReceiveFile::World& world, Job& job, Owner& owner)
    : jobs_(world.jobs), job_(job), owner_(owner), file_(world, job, *this) {}
ReceiveAttempt::~ReceiveAttempt() = default;

JobSample ReceiveAttempt::sample() const {
  if (!carrier_) return {job_.now().transferred, false};
  const auto& progress = carrier_->progress();
  return {job_.now().offset + progress.bytes.load(std::memory_order_relaxed),
          progress.throttled.load(std::memory_order_relaxed)};
}

bool ReceiveAttempt::awaits_word() const {
  return job_.now().state == JobState::Verifying && receiving_ && !word_is_in_;
}

// Up to the answer

void ReceiveAttempt::begin(std::unique_ptr<IncomingOffer> offer, IncomingOffer::Terms terms,
                           ReceiveFile::Keep keep) {
  offer_ = std::move(offer);
  terms_ = terms;
  if (job_.now().state != JobState::Offered) return file_.look_at_place(keep);
  jobs_.try_commit({&job_}, alive_.wrap([this](Result<void> how) {
    if (!how) return on_place_bad(how.error());
    file_.look_at_place(ReceiveFile::Keep::Nothing);
  }));
}

void ReceiveAttempt::on_place_bad(Error why) {
  owner_.on_receive_refused(job_.id(), std::move(offer_), std::move(why));
}

/// What a crash may forget of this is not needed: the consent is on disk.
void ReceiveAttempt::on_place_good() {
  auto& record = job_.edit();
  record.peer_full = offer_->offer().peer.str();
  record.attempt += 1;
  record.transferred = record.offset = file_.kept();
  record.waiting_since = {};
  record.publishing = false;
  record.final_name.clear();
  job_.change(JobState::Connecting);
  auto where = "into " + record.folder;
  if (record.offset != 0)
    where += ", where its first " + std::to_string(record.offset) + " bytes are";
  jobs_.add_step(job_.id(), "accepted", std::move(where));
  jobs_.commit(job_, alive_.wrap([this] { owner_.on_receive_begun(job_.id()); }));
  accept(std::exchange(offer_, nullptr));
}

void ReceiveAttempt::accept(std::unique_ptr<IncomingOffer> offer) {
  const auto size = job_.now().file.size;
  terms_.range = size ? ByteRange{file_.kept(), *size - file_.kept()}
                      : ByteRange::up_to(kMostOfUnknown, file_.kept());
  receiving_ = std::move(offer)->accept(terms_, *this);
}

bool ReceiveAttempt::switch_to(std::unique_ptr<IncomingOffer>& offer,
                               const IncomingOffer::Terms& terms) {
  if (job_.now().state != JobState::Connecting || carrier_ || switches_ == kMaxSwitches)
    return false;
  terms_ = terms;
  job_.edit().peer_full = offer->offer().peer.str();
  jobs_.add_step(job_.id(), "offered", "again, by another way");
  jobs_.commit(job_);
  if (offer_) {  // the first one is not answered yet: this one will be instead
    offer_ = std::move(offer);
  } else {
    ++switches_;
    receiving_.reset();
    accept(std::move(offer));
  }
  return true;
}

// The stream

void ReceiveAttempt::on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                                std::optional<HashAlgo> digest) {
  carrier_ = std::move(carrier);
  range_ = range;
  digest_ = digest;
  auto& record = job_.edit();
  record.offset = record.transferred = range_.offset;
  file_.make_part(range_.offset);
}

void ReceiveAttempt::on_part_made() {
  job_.change(JobState::Active);
  show_label();
  FileEnd end{file_.file(), digest_};
  end.reach = file_.make_checkpoints([this] { return sample().transferred; });
  carrier_->start(std::move(end), range_, *this);
  owner_.on_receive_moves(job_.id(), true);
}

void ReceiveAttempt::show_label() {
  const StreamLabel& label = carrier_->label();
  job_.set_label(label);
  auto how = MethodChoice{label.method, label.route}.str();
  if (range_.offset != 0) how += ", from byte " + std::to_string(range_.offset) + " on";
  jobs_.add_step(job_.id(), "active", std::move(how));
  jobs_.commit(job_);
}

void ReceiveAttempt::on_switched(const Error& why) {
  jobs_.add_step(job_.id(), "failed", why.detail);
  jobs_.add_step(job_.id(), "fallback", "in-band, under the same sid");
  show_label();
}

void ReceiveAttempt::on_end(Result<Moved> how) {
  if (!how) return fail_and_tell(how.error());
  if (how->bytes != range_.length && !range_.open)
    return fail_and_tell({how->bytes < range_.length ? Errc::Interrupted : Errc::Protocol,
                          "the stream ended after " + std::to_string(how->bytes) + " of " +
                              std::to_string(range_.length) + " bytes"});
  carrier_.reset();
  if (how->hash) file_.note_hash(*how->hash);
  job_.edit().transferred = range_.offset + how->bytes;
  job_.change(JobState::Verifying);
  jobs_.add_step(job_.id(), "received");
  jobs_.commit(job_);
  owner_.on_receive_moves(job_.id(), false);
  receiving_->delivered(*how);
}

// Its end

void ReceiveAttempt::on_declared(std::optional<Hash> declared) {
  if (std::exchange(word_is_in_, true)) return;
  file_.keep(std::move(declared));
}

void ReceiveAttempt::on_in_place() {
  if (!receiving_) return owner_.on_receive_ended(job_.id(), {});
  receiving_->complete();
}

void ReceiveAttempt::on_completed() { owner_.on_receive_ended(job_.id(), {}); }

void ReceiveAttempt::on_ended(Error why) {
  receiving_.reset();
  if (job_.now().state == JobState::Done) {
    // Whether the sender could be told changes nothing here. Not on disk yet: done() will end it.
    if (job_.shown() != nullptr && job_.shown()->state == JobState::Done)
      owner_.on_receive_ended(job_.id(), {});
    return;
  }
  if (!word_is_in_) fail(std::move(why));
}

void ReceiveAttempt::on_step(std::string_view what, std::string detail) {
  jobs_.add_step(job_.id(), std::string(what), std::move(detail));
}

void ReceiveAttempt::fail(Error why) { owner_.on_receive_ended(job_.id(), std::move(why)); }

/// For troubles that the sender does not know of.
void ReceiveAttempt::fail_and_tell(Error why) {
  if (receiving_) receiving_->fail(why);
  fail(std::move(why));
}

}  // namespace xmppftd
