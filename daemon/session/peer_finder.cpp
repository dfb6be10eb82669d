// SPDX-License-Identifier: MIT
#include "session/peer_finder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"

namespace xmppftd {
namespace {

using std::chrono::milliseconds;

constexpr int kNobody = -1000;  // below any priority

/// Errors that are about the account rather than about one resource of it.
bool is_no_such_peer(const StanzaError& error) {
  return error.condition == Condition::ItemNotFound || to_error(error, "").code == Errc::NoSuchPeer;
}

}  // namespace

/// Waits for resources, asks each what it can do, and decides as soon as no better answer can come.
class PeerFinder::Running final : public Search, private PresenceList::Observer {
 public:
  Running(PeerFinder& finder, Jid peer, CanReach can_reach, Done done)
      : finder_(finder),
        peer_(std::move(peer)),
        can_reach_(std::move(can_reach)),
        done_(std::move(done)) {
    finder_.running_.push_back(this);
    finder_.presence_.add_observer(*this);
    deadline_ = finder_.timers_.after(kFoundWithin, [this] { decide(true); });
    beginning_ = finder_.timers_.after(milliseconds(0), [this] { begin(); });
  }
  ~Running() override {
    finder_.presence_.remove_observer(*this);
    std::erase(finder_.running_, this);
  }

  void fail(Errc code, const std::string& why) {
    finish(Error{code, log::printable(peer_.str()) + " " + why});
  }

 private:
  struct Candidate {
    Resource resource;
    std::unique_ptr<IqRequest> asking;  // null once answered
    std::optional<PeerFeatures> features;
  };

  void begin() {
    beginning_.reset();
    auto& presence = finder_.presence_;
    if (!presence.is_followed_by(peer_)) presence.show_to(peer_);
    auto there = presence.resources(peer_);
    std::sort(there.begin(), there.end(), [](const Resource& a, const Resource& b) {
      return std::tie(a.priority, a.heard) > std::tie(b.priority, b.heard);
    });
    for (auto& resource : there) ask(std::move(resource));
    if (!candidates_.empty()) return;
    // A server or component need not send presence, and answers at its domain all the same.
    if (peer_.local().empty() && peer_.is_bare())
      return ask(Resource{peer_, 0, "", std::nullopt, 0});
    if (presence.follows(peer_)) return fail(Errc::PeerOffline, "is not online");
    if (peer_.is_full()) return ask(Resource{peer_, 0, "", std::nullopt, 0});
    patience_ = finder_.timers_.after(kAppearsWithin, [this] { decide(true); });
  }

  void ask(Resource resource) {
    if (candidates_.size() >= kMaxAsked) return;
    candidates_.push_back({std::move(resource), nullptr, {}});
    auto& candidate = candidates_.back();
    candidate.asking =
        finder_.disco_.info(candidate.resource.jid, candidate.resource.caps,
                            [this, full = candidate.resource.jid](Result<DiscoInfo> info) {
                              answered(full, std::move(info));
                            });
    patience_.reset();
  }

  void answered(const Jid& full, Result<DiscoInfo> info) {
    const auto candidate = find(full);
    if (candidate == candidates_.end()) return;
    if (info) {
      candidate->asking.reset();
      candidate->features = features_of(*info);
    } else {
      refusal_ = info.error();
      candidates_.erase(candidate);
    }
    decide(false);
  }

  /// Decides if no answer still to come could be better, or if `now`.
  void decide(bool now) {
    const Candidate* best = nullptr;
    int awaited = kNobody;  // the highest priority that has not answered yet
    for (const auto& candidate : candidates_) {
      if (!candidate.features) {
        awaited = std::max(awaited, candidate.resource.priority);
      } else if (can_reach_(*candidate.features) && (!best || rank(*best) < rank(candidate))) {
        best = &candidate;
      }
    }
    if (best && (now || best->resource.priority > awaited))
      return finish(Found{best->resource.jid, *best->features});
    if (!now && (awaited != kNobody || patience_)) return;
    const bool any_answered =
        std::any_of(candidates_.begin(), candidates_.end(),
                    [](const Candidate& c) { return c.features.has_value(); });
    if (any_answered)
      return fail(Errc::PeerUnsupported, "is online but takes no files by a method we know");
    fail_as_refused();
  }

  bool is_there() const { return !finder_.presence_.resources(peer_).empty(); }

  void fail_as_refused() {
    const Error why = refusal_.value_or(Error{Errc::PeerOffline, "no answer in time"});
    if (why.code == Errc::NotOnline)
      return fail(Errc::NotOnline, "was not found before the session ended");
    if (why.code == Errc::PeerUnsupported || why.code == Errc::Protocol)
      return fail(Errc::PeerUnsupported, "does not say what it can do: " + why.detail);
    // Whatever else says that it is not there is wrong as long as its presence is.
    if (is_there())
      return fail(Errc::PeerOffline, "is online, but does not say what it can do (" + why.detail +
                                         "); it is asked again when it is heard of, or in a while");
    if (why.code == Errc::NoSuchPeer)
      return fail(Errc::NoSuchPeer, "does not exist, says its server");
    fail(Errc::PeerOffline, "is not online, or does not answer us");
  }

  static std::tuple<int, bool, std::uint64_t> rank(const Candidate& candidate) {
    return {candidate.resource.priority, candidate.features->has(kNsConfirm),
            candidate.resource.heard};
  }

  std::vector<Candidate>::iterator find(const Jid& full) {
    return std::find_if(candidates_.begin(), candidates_.end(),
                        [&](const Candidate& c) { return c.resource.jid == full; });
  }

  bool is_peer(const Jid& full) const { return full == peer_ || full.bare() == peer_; }

  void on_available(const Resource& resource) override {
    if (!beginning_ && is_peer(resource.jid) && find(resource.jid) == candidates_.end())
      ask(resource);
  }

  void on_unavailable(const Jid& full) override {
    const auto candidate = find(full);
    if (candidate == candidates_.end()) return;
    candidates_.erase(candidate);
    decide(false);
  }

  void on_bounced(const Jid& from, const StanzaError& error) override {
    if ((from != peer_ && from != peer_.bare()) || is_there()) return;
    if (is_no_such_peer(error)) fail(Errc::NoSuchPeer, "does not exist, says its server");
  }

  void finish(Result<Found> result) {
    finder_.presence_.remove_observer(*this);
    candidates_.clear();
    beginning_.reset();
    deadline_.reset();
    patience_.reset();
    auto done = std::exchange(done_, nullptr);
    if (done) done(std::move(result));  // may destroy us
  }

  PeerFinder& finder_;
  Jid peer_;
  CanReach can_reach_;
  Done done_;
  std::vector<Candidate> candidates_;
  std::optional<Error> refusal_;      // of the last resource that refused to answer
  std::unique_ptr<Timer> beginning_;  // runs until begin()
  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> patience_;  // runs while nobody is there to be asked
};

PeerFinder::PeerFinder(Timers& timers, PresenceList& presence, Disco& disco)
    : timers_(timers), presence_(presence), disco_(disco) {}

std::unique_ptr<PeerFinder::Search> PeerFinder::find(const Jid& peer, CanReach can_reach,
                                                     Done done) {
  return std::make_unique<Running>(*this, peer, std::move(can_reach), std::move(done));
}

void PeerFinder::session_down() {
  const auto ending = running_;  // one that ends may end others
  for (auto* search : ending)
    if (std::find(running_.begin(), running_.end(), search) != running_.end())
      search->fail(Errc::NotOnline, "was not found before the session ended");
}

}  // namespace xmppftd
