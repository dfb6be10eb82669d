// SPDX-License-Identifier: MIT
// Schedules made up by dice: whatever becomes of a job, no other waits for it, and what jobs say
// they wait for is true.
#include <random>

#include "transfer/slots.h"
#include "unit/transfer/house.h"

namespace schedule_random_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// One user's evening, made up by dice of a known seed.
class Evening {
 public:
  explicit Evening(unsigned seed) : dice_(seed) {
    house_.config.max_active = 1 + pick(3);
    house_.config.max_active_per_peer = 1 + pick(2);
    house_.config.attempts = 1 + pick(3);
    house_.queue->set_config(house_.config);
    house_.start();
  }

  void step() {
    switch (pick(12)) {
      case 0:
      case 1:
      case 2: return send();
      case 3: return change_route();
      case 4: return spoil_source();
      case 5: return cancel();
      case 6: return go_online_or_offline();
      case 7: return house_.pass(std::chrono::seconds(pick(20)));
      case 8: return house_.pass(std::chrono::minutes(pick(12)));
      default: return play_a_talk();
    }
  }

  void check_reasons() {
    for (int i = 0; i < 10; ++i)
      house_.pass(Slots::kPatience);  // who only waits for somebody holds no slot by now
    for (const JobId id : house_.queue->select({})) {
      const auto& job = house_.job(id);
      std::string all;
      for (const JobId other : house_.queue->select({}))
        if (!is_terminal(house_.job(other).state))
          all += std::to_string(other) + " " + house_.job(other).peer + " " + house_.state(other) +
                 "; ";
      INFO(all);
      INFO("job " << id << " to " << job.peer << ": " << House::words(job) << " "
                  << job.error_detail);
      if (job.direction != Direction::Out || job.state != JobState::Queued) continue;
      const bool online = house_.account().is_online;
      const bool idle = online && !crowded() && !peer_busy(job.peer);
      switch (job.reason) {
        case JobReason::WaitingAccount: CHECK_FALSE(online); break;
        case JobReason::WaitingPeer:
          CHECK((!idle || house_.account().no_way.count(job.peer) != 0));
          break;
        case JobReason::WaitingSlot: CHECK((!idle || somebody_asks_again(job.peer))); break;
        case JobReason::Backoff: CHECK(job.next_attempt_at != WallTime{}); break;
        default: FAIL("no reason to wait");
      }
    }
  }

  /// Everybody is there and takes what comes: then everything ends, and no slot is lost.
  void heal() {
    house_.account().no_way.clear();
    house_.account().is_online = true;
    house_.queue->account_changed(1);
    for (int i = 0; i < 400 && unended() > 0; ++i) {
      house_.settle();
      for (const auto& talk : std::vector(house_.negotiator().talks))
        if (talk->alive) finish(talk);
      house_.pass(std::chrono::seconds(1 + i));
    }
    for (const JobId id : house_.queue->select({})) {
      INFO("job " << id << " to " << house_.job(id).peer << ": " << house_.state(id));
      CHECK(is_terminal(house_.job(id).state));
    }
    const auto before = house_.negotiator().talks.size();
    for (unsigned i = 0; i <= house_.config.max_active; ++i)
      house_.send("/src/last", "last" + std::to_string(i) + "@example.org");
    CHECK(house_.negotiator().talks.size() - before == house_.config.max_active);
  }

 private:
  unsigned pick(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  std::string a_peer() {
    return std::vector{kAnn, kAnn + "/laptop", kBob,
                       std::string("conference@example.org")}[pick(4)];
  }

  void send() {
    const auto path = "/src/" + std::to_string(++files_);
    house_.disk.add(path, 1000);
    auto request = house_.request(path, a_peer());
    request.priority = static_cast<int>(pick(3)) - 1;
    if (pick(4) == 0) request.methods = {{"si-ibb", ""}};
    REQUIRE(house_.submit(std::move(request)).ok());
  }
  void change_route() {
    const auto peer = a_peer();
    const std::vector codes{Errc::PeerOffline, Errc::PeerUnsupported, Errc::Timeout,
                            Errc::NoSuchPeer, Errc::NotOnline};
    if (const auto which = pick(7); which < codes.size())
      house_.account().no_way[peer] = codes[which];
    else
      house_.account().no_way.erase(peer);
    house_.queue->peer_changed(1, jid(peer).bare());
    house_.settle();
  }
  void spoil_source() {
    const auto path = "/src/" + std::to_string(1 + pick(files_ + 1));
    if (const auto found = house_.disk.names.find(path); found != house_.disk.names.end()) {
      if (pick(2) == 0)
        house_.disk.inodes[found->second].size = 7;
      else
        house_.disk.names.erase(found);
    }
  }
  void cancel() {
    const auto ids = house_.queue->select({});
    if (!ids.empty())
      static_cast<void>(house_.cancel(ids[pick(static_cast<unsigned>(ids.size()))]));
  }
  void go_online_or_offline() {
    house_.account().is_online = !house_.account().is_online;
    if (!house_.account().is_online)
      for (const auto& talk : std::vector(house_.negotiator().talks))
        if (talk->alive && pick(2) == 0)
          talk->handler->on_ended({Errc::NotOnline, "the session ended"});
    house_.queue->account_changed(1);
    house_.settle();
  }
  void play_a_talk() {
    std::vector<std::shared_ptr<Talk>> alive;
    for (const auto& talk : house_.negotiator().talks)
      if (talk->alive) alive.push_back(talk);
    if (alive.empty()) return;
    const auto talk = alive[pick(static_cast<unsigned>(alive.size()))];
    const std::vector codes{
        Errc::Declined,     Errc::PeerOffline, Errc::PeerUnsupported, Errc::NoCommonMethod,
        Errc::StreamFailed, Errc::Timeout,     Errc::Cancelled,       Errc::Interrupted,
        Errc::HashMismatch, Errc::Protocol,    Errc::Constraint,      Errc::FileChanged,
        Errc::Io,           Errc::NotOnline};
    switch (pick(5)) {
      case 0:
        talk->handler->on_ended(
            {codes[pick(static_cast<unsigned>(codes.size()))], "the dice say no"});
        break;
      case 1: finish(talk); break;
      case 2:
      case 3:
        // Not now, a few times over.
        talk->handler->on_ended({Errc::Constraint, "not now"});
        break;
      default: {
        auto line = talk->open();
        house_.settle();
        if (pick(2) == 0) break;  // and it hangs
        line->handler->on_end(
            Error{codes[pick(static_cast<unsigned>(codes.size()))], "the dice cut the stream"});
      }
    }
    house_.settle();
  }
  void finish(const std::shared_ptr<Talk>& talk) {
    if (talk->delivered) {
      talk->sender->on_completed(Delivery::Confirmed, std::nullopt);
    } else if (!lines_.count(talk.get())) {
      lines_[talk.get()] = talk->open();
      house_.settle();
    }
    if (talk->alive && !talk->delivered)
      if (const auto line = lines_[talk.get()]; line->handler != nullptr)
        line->handler->on_end(Moved{line->range.length, std::nullopt});
    house_.settle();
    if (talk->alive && talk->delivered)
      talk->sender->on_completed(Delivery::Confirmed, std::nullopt);
    house_.settle();
  }

  template <class Matches>
  std::size_t count(Matches matches) const {
    std::size_t number = 0;
    for (const JobId id : house_.queue->select({})) number += matches(house_.job(id));
    return number;
  }
  std::size_t unended() const {
    return count([](const JobRecord& job) { return !is_terminal(job.state); });
  }
  /// Streams hold all slots.
  bool crowded() const {
    return count([](const JobRecord& job) { return job.state == JobState::Active; }) >=
           house_.config.max_active;
  }
  bool peer_busy(const std::string& peer) const {
    return count([&](const JobRecord& job) {
             return bare_part(job.peer) == bare_part(peer) && is_under_way(job.state);
           }) >= house_.config.max_active_per_peer;
  }
  bool somebody_asks_again(const std::string& peer) const {
    return count([&](const JobRecord& job) {
             return job.peer == peer && job.reason == JobReason::Backoff;
           }) > 0;
  }

  std::mt19937 dice_;
  House house_;
  unsigned files_ = 0;
  std::map<const Talk*, std::shared_ptr<Line>> lines_;
};

}  // namespace

TEST_CASE("schedule: no job waits for another's misfortune, whatever the dice say", "[schedule]") {
  const auto seed = GENERATE(range(0u, 60u));
  INFO("seed " << seed);
  Evening evening(seed);
  for (int i = 0; i < 40; ++i) {
    evening.step();
    evening.check_reasons();
  }
  evening.heal();
}

}  // namespace schedule_random_test
