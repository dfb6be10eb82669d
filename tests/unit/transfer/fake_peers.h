// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fake_disk.h"
#include "support/jid.h"
#include "transfer/account_port.h"

namespace xmppftd::test {

/// One stream, as the test plays it.
struct Line {
  Carrier::Handler* handler = nullptr;  ///< null before start() and after it was dropped
  FileEnd file;
  ByteRange range;
  Progress progress;
  StreamLabel label;
  std::uint64_t rate = 0;
  bool alive = true;
};

class FakeCarrier final : public Carrier {
 public:
  explicit FakeCarrier(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  ~FakeCarrier() override {
    line_->alive = false;
    line_->handler = nullptr;
  }
  void start(FileEnd file, ByteRange range, Handler& handler) override {
    line_->file = std::move(file);
    line_->range = range;
    line_->handler = &handler;
  }
  void set_rate(std::uint64_t bytes_per_second) override { line_->rate = bytes_per_second; }
  const Progress& progress() const override { return line_->progress; }
  const StreamLabel& label() const override { return line_->label; }

 private:
  std::shared_ptr<Line> line_;
};

/// What one file was agreed on, as the test plays it.
struct Talk {
  std::optional<Offer> offer;
  std::optional<OfferTerms> offer_terms;      ///< out
  std::optional<IncomingOffer::Terms> terms;  ///< in
  AgreementHandler* handler = nullptr;        ///< null after it was dropped; it is either
  Sending::Handler* sender = nullptr;         ///< of a file of ours, or
  Receiving::Handler* receiver = nullptr;     ///< of a file to us
  bool alive = true;
  std::optional<Moved> delivered;
  bool vouched = false;  ///< in: the sender says that all is out
  bool completed = false;
  std::optional<Error> failed;
  std::string sid;  ///< out: what the peer holds

  std::shared_ptr<Line> open(const std::string& method = "si-socks5",
                             const std::string& route = "direct",
                             std::optional<ByteRange> part = std::nullopt,
                             std::optional<HashAlgo> digest = std::nullopt) {
    auto line = std::make_shared<Line>();
    line->label = {method, route, "192.0.2.1", 7777};
    const auto range = part ? *part : terms ? terms->range : ByteRange{0, offer->file.known_size()};
    handler->on_carrier(std::make_unique<FakeCarrier>(line), range, digest);
    return line;
  }
};

template <class Agreement>
class FakeAgreement : public Agreement {
 public:
  explicit FakeAgreement(std::shared_ptr<Talk> talk) : talk_(std::move(talk)) {}
  ~FakeAgreement() override {
    talk_->alive = false;
    talk_->handler = nullptr;
  }
  void delivered(const Moved& moved) override { talk_->delivered = moved; }

 protected:
  std::shared_ptr<Talk> talk_;
};

struct FakeSending final : FakeAgreement<Sending> {
  using FakeAgreement::FakeAgreement;
  std::string open_sid() const override { return talk_->sid; }
};

struct FakeReceiving final : FakeAgreement<Receiving> {
  using FakeAgreement::FakeAgreement;
  bool vouched() const override { return talk_->vouched; }
  void complete() override { talk_->completed = true; }
  void fail(const Error& why) override { talk_->failed = why; }
};

class FakeNegotiator final : public Negotiator {
 public:
  bool peer_confirms = true;
  std::vector<std::shared_ptr<Talk>> talks;
  std::vector<std::string> withdrawn;  ///< "ann@example.org/phone s1"
  std::vector<std::string> ready;      ///< who was told so: "ann@example.org/phone"

  std::string_view family() const override { return kNsSi; }
  bool carries(const Method&) const override { return true; }
  bool confirms(const PeerFeatures&) const override { return peer_confirms; }
  HashAlgo offer_hash() const override { return HashAlgo::Md5; }
  std::unique_ptr<Sending> offer(const Offer& offer, const OfferTerms& terms,
                                 Sending::Handler& handler) override {
    auto talk = std::make_shared<Talk>();
    talk->offer = offer;
    talk->offer_terms = terms;
    talk->handler = talk->sender = &handler;
    talks.push_back(talk);
    talk->sid = "s" + std::to_string(talks.size());
    return std::make_unique<FakeSending>(talk);
  }
  void withdraw(const Jid& peer, const std::string& sid) override {
    withdrawn.push_back(peer.str() + " " + sid);
  }
  void say_ready(const Jid& peer) override { ready.push_back(peer.str()); }
  bool knows(const Jid&, const Element&) const override { return false; }
  void peer_gone(const Jid&) override {}
  void session_ended() override {}
};

class FakeAccount final : public AccountPort {
 public:
  FakeAccount(AccountId id, std::string bare, Turns& turns)
      : id_(id), jid_(test::jid(bare)), turns_(turns) {}
  bool is_online = true;
  std::string resource = "home";
  FakeNegotiator negotiator_;
  PeerTrust peer_trust{true, false, true, false, true};
  std::map<std::string, Errc> no_way;                  ///< by JID as asked for
  std::vector<Negotiator*> negotiators{&negotiator_};  ///< a way each
  std::map<std::string, std::string> left_out;         ///< methods that are none, and why
  int look_ups = 0;

  AccountId id() const override { return id_; }
  bool online() const override { return is_online; }
  Jid jid() const override { return jid_; }
  Jid self() const override { return test::jid(jid_.str() + "/" + resource); }
  void plan(const Jid& peer, const std::vector<MethodChoice>& methods,
            Callback<void(Result<SendPlan>)> done) override {
    ++look_ups;
    turns_.later([this, peer, methods, done = std::move(done)]() mutable {
      if (const auto found = no_way.find(peer.str()); found != no_way.end())
        return done(Error{found->second, peer.str() + ": the test says no"});
      SendPlan plan;
      std::vector<MethodChoice> usable;
      for (const auto& method : methods)
        if (const auto known = MethodChoice::parse(method.str()); !known)
          plan.left_out.push_back({method, {Errc::NoCommonMethod, known.error().detail}});
        else if (const auto why = left_out.find(method.str()); why != left_out.end())
          plan.left_out.push_back({method, {Errc::PeerUnsupported, why->second}});
        else
          usable.push_back(method);
      if (usable.empty() && !plan.left_out.empty()) return done(plan.left_out.back().why);
      for (auto* negotiator : negotiators)
        plan.ways.push_back(
            {negotiator, peer.is_full() ? peer : test::jid(peer.str() + "/phone"), {}, usable});
      done(std::move(plan));
    });
  }
  PeerTrust trust(const Jid&) const override { return peer_trust; }

 private:
  AccountId id_;
  Jid jid_;
  Turns& turns_;
};

class FakeAccounts final : public AccountPorts {
 public:
  std::map<AccountId, std::unique_ptr<FakeAccount>> all;
  AccountPort* find(AccountId id) override {
    const auto found = all.find(id);
    return found == all.end() ? nullptr : found->second.get();
  }
  AccountPort* pick_for(const Jid&) override {
    return all.empty() ? nullptr : all.begin()->second.get();
  }
};

/// What became of an offer to us.
struct Answer {
  std::optional<Error> declined;
  bool is_here = false;        ///< it was told that the file is here already,
  std::optional<Hash> hash;    ///< which hashes to this
  bool dropped = false;        ///< destroyed without an answer
  std::shared_ptr<Talk> talk;  ///< accepted
};

class FakeOffer final : public IncomingOffer {
 public:
  FakeOffer(Offer offer, Negotiator& negotiator, std::shared_ptr<Answer> answer)
      : offer_(std::move(offer)), negotiator_(negotiator), answer_(std::move(answer)) {}
  ~FakeOffer() override {
    answer_->dropped = !answer_->declined && !answer_->talk && !answer_->is_here;
  }
  const Offer& offer() const override { return offer_; }
  Negotiator& negotiator() const override { return negotiator_; }
  std::unique_ptr<Receiving> accept(const Terms& terms, Receiving::Handler& handler) override {
    answer_->talk = std::make_shared<Talk>();
    answer_->talk->terms = terms;
    answer_->talk->handler = answer_->talk->receiver = &handler;
    return std::make_unique<FakeReceiving>(answer_->talk);
  }
  void decline(const Error& why) override { answer_->declined = why; }
  void have_it(const std::optional<Hash>& hash) override {
    answer_->is_here = true;
    answer_->hash = hash;
  }

 private:
  Offer offer_;
  Negotiator& negotiator_;
  std::shared_ptr<Answer> answer_;
};

}  // namespace xmppftd::test
