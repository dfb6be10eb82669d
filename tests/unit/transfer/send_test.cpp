// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

namespace send_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("send: from queued to done", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a.bin");
  auto talk = house.last_talk();
  CHECK(talk->offer->peer == jid(kAnn + "/phone"));
  CHECK(talk->offer->file.name == "a.bin");
  CHECK(talk->offer_terms->answer_within == 5min);
  CHECK(house.state(id) == "offered/awaiting-peer");
  CHECK(house.job(id).peer_full == kAnn + "/phone");
  CHECK(house.job(id).attempt == 1);
  talk->sender->on_accepted();
  house.settle();
  CHECK(house.state(id) == "connecting");
  auto line = talk->open("si-socks5", "proxy");
  house.settle();
  CHECK(house.state(id) == "active");
  CHECK(house.job(id).method == "si-socks5");
  CHECK(house.job(id).route == "proxy");
  CHECK(house.job(id).host == "192.0.2.1");
  CHECK(house.job(id).port == 7777);
  CHECK(line->range == ByteRange{0, 1000});
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  CHECK(house.state(id) == "verifying");
  CHECK(talk->delivered->bytes == 1000);
  talk->sender->on_completed(Delivery::Confirmed, Hash{HashAlgo::Sha256, "ab"});
  house.settle();
  CHECK(house.state(id) == "done");
  CHECK(house.job(id).delivery == Delivery::Confirmed);
  CHECK(house.job(id).hash_state == HashState::Sha256);
  CHECK(house.job(id).transferred == 1000);
  CHECK_FALSE(talk->alive);
  CHECK(house.story(id) == std::vector<std::string>{"queued/waiting-slot", "offered/awaiting-peer",
                                                    "connecting", "active", "verifying", "done"});
}

TEST_CASE("send: delivery is called what it is (R6)", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.deliver(house.last_talk(), Delivery::HandedOver);
  CHECK(house.job(id).delivery == Delivery::HandedOver);
  CHECK(house.job(id).hash_state == HashState::None);
}

TEST_CASE(
    "send: MD5 goes with the offer where the peer cannot confirm, once, and only for small files",
    "[send]") {
  House house;
  house.config.hash_before_offer_max = 1000;
  house.queue->set_config(house.config);
  house.start();
  house.bulk.content = std::string(2000, 'x');
  SECTION("cannot confirm") {
    house.negotiator().peer_confirms = false;
    house.send("/src/a");
    CHECK(house.last_talk()->offer->file.hash ==
          Digest::of(HashAlgo::Md5, view_of(std::string(1000, 'x'))));
    house.bulk.content = std::string(2000, 'y');
    house.last_talk()->handler->on_ended({Errc::Interrupted, "gone"});
    house.pass(5s);
    REQUIRE(house.negotiator().talks.size() == 2);
    CHECK(house.last_talk()->offer->file.hash == house.negotiator().talks[0]->offer->file.hash);
  }
  SECTION("too large") {
    house.negotiator().peer_confirms = false;
    house.disk.add("/src/big", 1001);
    house.send("/src/big");
    CHECK_FALSE(house.last_talk()->offer->file.hash);
  }
  SECTION("confirms") {
    house.send("/src/a");
    CHECK_FALSE(house.last_talk()->offer->file.hash);
  }
}

TEST_CASE("send: a source that changed or went is not sent", "[send]") {
  House house;
  house.start();
  house.account().is_online = false;
  const auto id = house.send("/src/a");
  CHECK(house.state(id) == "queued/waiting-account");
  std::string expected = "failed/file-changed";
  SECTION("other inode") { house.disk.add("/src/a", 1000); }
  SECTION("other size") { house.disk.inodes[house.disk.names["/src/a"]].size = 999; }
  SECTION("gone") { house.disk.names.erase("/src/a"), expected = "failed/file-missing"; }
  SECTION("a FIFO now") { house.files.unreadable["/src/a"] = Errc::NotRegularFile; }
  house.account().is_online = true;
  house.queue->account_changed(1);
  house.settle();
  CHECK(house.state(id) == expected);
  CHECK(house.negotiator().talks.empty());
  CHECK_FALSE(house.job(id).error_detail.empty());
}

TEST_CASE("send: what the peer or server says for good ends it at once", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  const auto [code, expected] = GENERATE(table<Errc, std::string>({
      {Errc::Declined, "failed/declined"},
      {Errc::NoSuchPeer, "failed/no-such-peer"},
      {Errc::PeerUnsupported, "failed/peer-unsupported"},
      {Errc::NoCommonMethod, "failed/no-method"},
      {Errc::HashMismatch, "failed/hash-mismatch"},
      {Errc::FileChanged, "failed/file-changed"},
      {Errc::Protocol, "failed/protocol"},
      {Errc::Cancelled, "cancelled/peer"},
  }));
  house.last_talk()->handler->on_ended({code, "because"});
  house.settle();
  CHECK(house.state(id) == expected);
  CHECK(house.job(id).error_detail == "because");
  CHECK_FALSE(house.job(id).error_name.empty());
}

TEST_CASE("send: a passing trouble is tried again with growing delays, five times in all",
          "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  std::chrono::milliseconds delay = 5s;
  for (unsigned attempt = 1; attempt < 5; ++attempt) {
    CHECK(house.job(id).attempt == attempt);
    house.last_talk()->handler->on_ended({Errc::Timeout, "no answer"});
    house.settle();
    CHECK(house.state(id) == "queued/backoff");
    CHECK(house.job(id).next_attempt_at > wall_now());
    house.pass(delay - 1ms);
    CHECK(house.state(id) == "queued/backoff");
    house.pass(1ms);
    CHECK(house.state(id) == "offered/awaiting-peer");
    CHECK(house.job(id).next_attempt_at == WallTime{});
    delay *= 2;
  }
  house.last_talk()->handler->on_ended({Errc::Timeout, "no answer"});
  house.settle();
  CHECK(house.state(id) == "failed/timeout");
  CHECK(house.negotiator().talks.size() == 5);
  CHECK(house.job(id).error_name == "Timeout");
}

TEST_CASE("send: a stream that breaks in the middle is tried again", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->sender->on_accepted();
  auto line = house.last_talk()->open();
  house.settle();
  SECTION("with an error") { line->handler->on_end(Error{Errc::Interrupted, "reset"}); }
  SECTION("short, without one: the size must match (NT2)") {
    line->handler->on_end(Moved{999, std::nullopt});
  }
  house.settle();
  CHECK(house.state(id) == "queued/backoff");
  CHECK_FALSE(line->alive);
  house.pass(5s);
  house.deliver(house.last_talk());
  CHECK(house.state(id) == "done");
}

TEST_CASE("send: a new attempt begins at the first byte, wherever the last one stopped", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto line = house.last_talk()->open("si-socks5", "direct", ByteRange{400, 600});
  house.settle();
  line->progress.bytes = 50;
  CHECK(house.queue->progress(id).transferred == 450);
  line->handler->on_end(Error{Errc::Interrupted, "reset"});
  house.pass(5s);
  REQUIRE(house.state(id) == "offered/awaiting-peer");
  CHECK(house.job(id).offset == 0);
  CHECK(house.job(id).transferred == 0);
  CHECK(house.queue->progress(id).transferred == 0);
}

TEST_CASE("send: each delay is up to a fifth shorter or longer, and no more", "[send]") {
  auto config = House::calm();
  config.jitter = 0.2;
  std::vector<bool> early;
  for (int i = 0; i < 50; ++i) {
    House house(nullptr, config);
    house.start();
    const auto id = house.send("/src/a");
    house.last_talk()->handler->on_ended({Errc::Timeout, "no answer"});
    house.pass(3999ms);
    CHECK(house.state(id) == "queued/backoff");
    house.pass(1001ms);
    early.push_back(house.state(id) == "offered/awaiting-peer");
    house.pass(1s);
    CHECK(house.state(id) == "offered/awaiting-peer");
  }
  CHECK(std::count(early.begin(), early.end(), true) > 0);  // not all after the same time
  CHECK(std::count(early.begin(), early.end(), false) > 0);
}

TEST_CASE("send: losing our own session is not charged (R10)", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.account().is_online = false;
  house.last_talk()->handler->on_ended({Errc::NotOnline, "stream closed"});
  house.settle();
  CHECK(house.state(id) == "queued/waiting-account");
  CHECK(house.job(id).attempt == 0);
  house.account().is_online = true;
  house.queue->account_changed(1);
  house.settle();
  CHECK(house.state(id) == "offered/awaiting-peer");
  CHECK(house.job(id).attempt == 1);
}

TEST_CASE("send: an S5B stream goes on when the account goes offline (R10)", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->sender->on_accepted();
  auto line = house.last_talk()->open();
  house.settle();
  house.account().is_online = false;
  house.queue->account_changed(1);
  house.pass(1min);
  CHECK(line->alive);
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  house.last_talk()->sender->on_completed(Delivery::HandedOver, std::nullopt);
  house.settle();
  CHECK(house.state(id) == "done");
}

TEST_CASE("send: troubles before the offer count too, so they end", "[send]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::Timeout;
  const auto id = house.send("/src/a");
  for (int i = 0; i < 20; ++i) house.pass(1min);
  CHECK(house.state(id) == "failed/timeout");
  CHECK(house.account().look_ups == 5);
}

TEST_CASE("send: once the peer's word is in, nothing takes it back", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  auto line = talk->open();
  house.settle();
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  house.store.held = true;
  talk->sender->on_completed(Delivery::Confirmed, std::nullopt);
  house.settle();
  CHECK(house.cancel(id).error().code == Errc::BadState);
  CHECK(house.state(id) == "verifying");  // nobody is told yet
  house.store.release();
  house.settle();
  CHECK(house.state(id) == "done");
}

TEST_CASE("send: an account that says online but cannot is not asked in a circle", "[send]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::NotOnline;
  house.send("/src/a");
  CHECK(house.account().look_ups == 1);
  house.pass(5s);
  CHECK(house.account().look_ups == 2);
}

TEST_CASE("send: the peer may ask for a part", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  CHECK(house.last_talk()->offer->ranges);
  auto line = house.last_talk()->open("si-ibb", "", ByteRange{400, 600});
  house.settle();
  CHECK(house.job(id).offset == 400);
  line->progress.bytes = 100;
  CHECK(house.queue->progress(id).transferred == 500);
  line->handler->on_end(Moved{600, std::nullopt});
  house.settle();
  CHECK(house.job(id).transferred == 1000);
}

TEST_CASE("send: cancel stops it wherever it is, and tells the peer", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  auto talk = house.last_talk();
  std::shared_ptr<Line> line;
  SECTION("offered") {}
  SECTION("connecting") { talk->sender->on_accepted(); }
  SECTION("active") { line = talk->open(); }
  SECTION("verifying") {
    line = talk->open();
    line->handler->on_end(Moved{1000, std::nullopt});
  }
  SECTION("backoff") { talk->handler->on_ended({Errc::Timeout, ""}); }
  house.settle();
  CHECK(house.cancel(id));
  CHECK(house.state(id) == "cancelled/user");
  CHECK_FALSE(talk->alive);
  if (line) CHECK_FALSE(line->alive);
  CHECK(house.cancel(id).error().code == Errc::BadState);
  house.pass(1h);
  CHECK(house.negotiator().talks.size() == 1);
}

TEST_CASE("send: cancel while the peer is being looked for", "[send]") {
  House house;
  house.start();
  house.disk.add("/src/a", 1000);
  JobId id = 0;
  house.queue->submit(house.request("/src/a"),
                      [&](SendOutcome outcome) { id = outcome.ids.at(0); });
  while (id == 0) house.turns.run_one();
  while (house.account().look_ups == 0) {
    house.turns.run_one();
    house.timers.turn();
  }
  CHECK(house.cancel(id));
  CHECK(house.state(id) == "cancelled/user");
  CHECK(house.negotiator().talks.empty());
}

TEST_CASE("send: the story of a job is kept", "[send]") {
  House house;
  house.start();
  const auto id = house.send("/src/a");
  house.last_talk()->handler->on_step("direct", "192.0.2.7:4242 refused");
  house.deliver(house.last_talk());
  std::vector<std::string> words;
  house.queue->history(id, [&](auto entries) {
    for (const auto& entry : *entries) words.push_back(entry.what);
  });
  house.settle();
  CHECK(words ==
        std::vector<std::string>{"offered", "direct", "accepted", "active", "sent", "done"});
}

TEST_CASE("send: verbs on a job that is not there", "[send]") {
  House house;
  house.start();
  house.send("/src/a");
  for (const auto& how :
       {house.cancel(99), house.remove(99), house.accept(99), house.decline(99)}) {
    REQUIRE_FALSE(how);
    CHECK(how.error().code == Errc::NoSuchJob);
    CHECK(how.error().detail == "no job 99 (newest is 1)");
  }
  CHECK(house.accept(1).error().code == Errc::BadState);
}

}  // namespace send_test
