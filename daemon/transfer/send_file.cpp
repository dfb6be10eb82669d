// SPDX-License-Identifier: MIT
#include "transfer/send_file.h"

#include <algorithm>
#include <utility>

#include "transfer/verdict.h"

namespace xmppftd {

SendFile::SendFile(const World& world, Job& job, const QueueConfig& config,
                   std::shared_ptr<OpenFile> held)
    : world_(world),
      job_(job),
      hash_before_offer_max_(config.hash_before_offer_max),
      answer_within_(config.answer_within),
      methods_(job.now().methods.empty() ? config.methods : job.now().methods),
      file_(std::move(held)) {}

SendFile::~SendFile() = default;

JobSample SendFile::sample() const {
  if (!carrier_) return {job_.now().transferred, false};
  const auto& progress = carrier_->progress();
  return {range_.offset + progress.bytes.load(std::memory_order_relaxed),
          progress.throttled.load(std::memory_order_relaxed)};
}

bool SendFile::peer_confirms() const {
  return !ways_.empty() && way().negotiator->confirms(way().features);
}

std::optional<SendFile::HeldOffer> SendFile::held_offer() const {
  auto sid = sending_ ? sending_->open_sid() : "";
  if (sid.empty()) return held_before_;
  return HeldOffer{way().negotiator, way().peer, std::move(sid)};
}

void SendFile::start() {
  world_.files.reopen_source(job_.now().path, std::move(file_), job_.now().source,
                             alive_.wrap([this](auto file) { opened(std::move(file)); }));
}

void SendFile::opened(Result<std::shared_ptr<OpenFile>> file) {
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  look_for_ways();
}

void SendFile::look_for_ways() {
  auto peer = Jid::parse(job_.now().peer);
  if (!peer) return fail(peer.error());
  if (*peer == world_.account.self())
    return fail({Errc::BadJid, peer->str() +
                                   " is this very program now; send to another one of this "
                                   "account"});
  world_.account.plan(*peer, methods_,
                      alive_.wrap([this](Result<SendPlan> plan) { found(std::move(plan)); }));
}

void SendFile::found(Result<SendPlan> plan) {
  if (!plan) return fail(plan.error());
  if (!world_.account.online()) return fail({Errc::NotOnline, "the account went offline"});
  world_.owner.on_send_planned(job_.id(), plan->left_out);
  ways_ = std::move(plan->ways);
  prepare();
}

void SendFile::prepare() {
  const auto& info = job_.now().file;
  const auto algo = way().negotiator->offer_hash();
  const bool known = info.hash && info.hash->algo == algo;
  if (known || info.known_size() > hash_before_offer_max_ || peer_confirms()) return ready();
  // The peer compares it with what arrived.
  hashing_ = world_.bulk.hash(file_, {0, info.known_size()}, algo, std::make_shared<Progress>(),
                              [this](Result<Hash> hash) { hashed(std::move(hash)); });
}

void SendFile::hashed(Result<Hash> hash) {
  hashing_.reset();
  if (!hash) return fail(hash.error());
  job_.edit().file.hash = std::move(*hash);
  ready();
}

/// The first way waits for its turn. It is still this job's when the next one is tried.
void SendFile::ready() {
  if (way_ == 0) return world_.owner.on_send_ready(job_.id());
  offer();
}

void SendFile::offer() {
  // While the file was hashed the session may have gone, and with it what it takes to offer.
  if (!world_.account.online()) return fail({Errc::NotOnline, "the account went offline"});
  auto& record = job_.edit();
  if (!std::exchange(offered_, true)) {
    record.attempt += 1;
    record.next_attempt_at = record.waiting_since = {};
  }
  record.peer_full = way().peer.str();
  record.transferred = record.offset = 0;
  enter(JobState::Offered, JobReason::AwaitingPeer, "offered",
        "to " + record.peer_full + ", attempt " + std::to_string(record.attempt));
  Offer offer{way().peer, record.file, true};
  offer.file_id = record.file_id;
  const OfferTerms terms{way().methods, way().features,
                         world_.account.trust(way().peer).direct_allowed, answer_within_};
  sending_ = way().negotiator->offer(offer, terms, *this);
  world_.owner.on_send_offered(job_.id());
}

void SendFile::on_accepted() {
  enter(JobState::Connecting, JobReason::None, "accepted");
  world_.owner.on_send_accepted(job_.id());
}

void SendFile::on_carrier(std::unique_ptr<Carrier> carrier, ByteRange range,
                          std::optional<HashAlgo> digest) {
  carrier_ = std::move(carrier);
  range_ = range;
  began_to_move_ = true;
  const bool moved_before = job_.now().started_at != WallTime{};
  // one that is open with the answer
  if (job_.now().state == JobState::Offered) job_.change(JobState::Connecting);
  const StreamLabel& label = carrier_->label();
  job_.set_label(label);
  auto& record = job_.edit();
  record.offset = record.transferred = range.offset;
  auto how = MethodChoice{label.method, label.route}.str();
  if (range.end() != record.file.known_size())
    how += ", " + std::to_string(range.length) + " bytes from byte " +
           std::to_string(range.offset) + " on, as the peer asked";
  else if (range.offset != 0)
    how += ", from byte " + std::to_string(range.offset) + " on";
  else if (moved_before)
    how += ", from the start again: the peer asked for all of it";
  enter(JobState::Active, JobReason::None, "active", std::move(how));
  carrier_->start({file_, digest}, range, *this);
  world_.owner.on_send_moves(job_.id(), true);
}

void SendFile::on_server_limit(std::uint64_t rate) {
  const auto kilobytes = std::to_string(std::max<std::uint64_t>(1, (rate + 500) / 1000));
  enter(JobState::Active, JobReason::ServerLimit, "server-limit",
        "server limits to " + kilobytes + " kB/s");
}

void SendFile::on_end(Result<Moved> how) {
  if (!how) return fail(how.error());
  if (how->bytes != range_.length)
    return fail({Errc::Interrupted, "the stream ended after " + std::to_string(how->bytes) +
                                        " of " + std::to_string(range_.length) + " bytes"});
  auto& record = job_.edit();
  record.transferred = range_.end();
  if (how->hash) record.hash = how->hash;
  carrier_.reset();
  enter(JobState::Verifying, JobReason::None, "sent");
  world_.owner.on_send_moves(job_.id(), false);
  sending_->delivered(*how);
}

void SendFile::on_completed(Delivery delivery, std::optional<Hash> verified) {
  sending_.reset();
  auto& record = job_.edit();
  record.delivery = delivery;
  if (verified) record.hash = verified;
  if (delivery == Delivery::Confirmed)
    record.hash_state = verified ? verified_by(verified->algo) : HashState::SizeOnly;
  job_.change(JobState::Done);
  auto how = std::string(to_string(delivery));
  if (record.hash_state == HashState::Md5 || record.hash_state == HashState::Sha256)
    how += ": the peer compared the " + std::string(to_string(record.hash_state)) + " of all of it";
  world_.jobs.add_step(job_.id(), "done", std::move(how));
  world_.jobs.commit(job_, alive_.wrap([this] { world_.owner.on_send_ended(job_.id(), {}); }));
}

void SendFile::on_ended(Error why) { fail(std::move(why)); }

void SendFile::on_step(std::string_view what, std::string detail) {
  world_.jobs.add_step(job_.id(), std::string(what), std::move(detail));
}

void SendFile::enter(JobState to, JobReason reason, std::string what, std::string detail) {
  job_.change(to, reason);
  world_.jobs.add_step(job_.id(), std::move(what), std::move(detail));
  world_.jobs.commit(job_);
}

void SendFile::fail(Error why) {
  if (!try_next_way(why)) world_.owner.on_send_ended(job_.id(), std::move(why));
}

/// Within the same attempt, for the peer took nothing by this one. It is not told that the file is
/// given up: the next way offers it again.
bool SendFile::try_next_way(const Error& why) {
  const bool another = way_ + 1 < ways_.size();
  if (!another || began_to_move_ || !offered_ || !may_go_another_way(why.code) ||
      !world_.account.online())
    return false;
  held_before_ = held_offer();
  sending_.reset();
  ++way_;
  world_.jobs.add_step(job_.id(), "failed", why.detail);
  world_.jobs.add_step(job_.id(), "fallback", "to " + way().methods.front().str());
  prepare();
  return true;
}

}  // namespace xmppftd
