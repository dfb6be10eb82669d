// SPDX-License-Identifier: MIT
#include "unit/transfer/house.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

Hash md5(const std::string& hex) { return {HashAlgo::Md5, hex}; }
Hash sha256(const std::string& hex) { return {HashAlgo::Sha256, hex}; }

}  // namespace

TEST_CASE("receive: from offered to done", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered("notes.txt", 1000);
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK(house.job(1).peer == kAnn + "/phone");
  CHECK_FALSE(answer->talk);
  REQUIRE(house.accept(1));
  REQUIRE(answer->talk);
  CHECK(answer->talk->terms->range == ByteRange{0, 1000});
  CHECK(house.state(1) == "connecting");
  CHECK(house.disk.parts().size() == 1);
  auto line = answer->talk->open("si-ibb", "");
  house.settle();
  CHECK(house.state(1) == "active");
  CHECK(house.job(1).method == "si-ibb");
  line->handler->on_end(Moved{1000, sha256("aa")});
  house.settle();
  CHECK(house.state(1) == "verifying");
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
  answer->talk->handler->on_declared(sha256("aa"));
  house.settle();
  CHECK(house.state(1) == "done");
  CHECK(house.disk.names.count("/in/notes.txt") == 1);
  CHECK(house.disk.parts().empty());
  CHECK(house.job(1).path == "/in/notes.txt");
  CHECK(house.job(1).hash_state == HashState::Sha256);
  CHECK(house.job(1).hash == sha256("aa"));
  CHECK(answer->talk->completed);
  CHECK(answer->talk->alive);
  answer->talk->handler->on_completed(Delivery::HandedOver, std::nullopt);
  house.settle();
  CHECK_FALSE(answer->talk->alive);
}

TEST_CASE("receive: the sender hears of success only after `done` is on disk", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  answer->talk->handler->on_declared(std::nullopt);
  while (!answer->talk->completed) {
    REQUIRE(house.turns.run_one());
    if (answer->talk->completed) CHECK(house.disk.rows[1].state == JobState::Done);
  }
}

TEST_CASE("receive: each step waits for the commit of the one before (RELIABILITY s2.2)", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.store.held = true;
  house.queue->accept(1, {}, [](Result<void>) {});
  house.settle();
  CHECK(house.disk.parts().empty());  // the consent is not on disk
  house.store.release();
  house.store.held = true;
  house.settle();
  CHECK(house.disk.parts().size() <= 1);
  CHECK_FALSE(answer->talk);  // the part's inode is not on disk
  house.store.release();
  house.settle();
  REQUIRE(answer->talk);
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  house.store.held = true;
  answer->talk->handler->on_declared(std::nullopt);
  house.settle();
  CHECK(house.disk.names.count("/in/notes.txt") == 0);  // `publishing` is not on disk
  house.store.release();
  house.store.held = true;
  while (house.disk.names.count("/in/notes.txt") == 0) {
    house.store.release();
    house.store.held = true;
    REQUIRE(house.turns.run_one());
  }
  house.settle();
  CHECK_FALSE(answer->talk->completed);  // `done` is not on disk
  house.store.release();
  house.settle();
  CHECK(answer->talk->completed);
}

TEST_CASE("receive: the peer is answered only once the part's inode is on disk", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  house.queue->accept(1, {}, [](Result<void>) {});
  while (!answer->talk) {
    REQUIRE(house.turns.run_one());
    if (answer->talk) {
      CHECK(house.disk.rows[1].state == JobState::Connecting);
      CHECK(house.disk.rows[1].part.inode != 0);
      CHECK_FALSE(house.disk.rows[1].part_name.empty());
    }
  }
}

TEST_CASE("receive: a size that lies is never done (NT2, SI2)", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  SECTION("too short") {
    line->handler->on_end(Moved{999, std::nullopt});
    house.settle();
    CHECK(house.state(1) == "queued/waiting-peer");
  }
  SECTION("too long") {
    line->handler->on_end(Error{Errc::Protocol, "a byte too many"});
    house.settle();
    CHECK(house.state(1) == "failed/protocol");
    CHECK(answer->talk->failed->code == Errc::Protocol);
    CHECK(house.disk.parts().empty());
  }
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
}

TEST_CASE("receive: wrong content is set aside, never published (R2)", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered(House::offer_of("notes.txt", 4, kAnn + "/phone", md5("00")));
  house.bulk.content = "data";
  REQUIRE(house.accept(1));
  SECTION("against the offer, computed on the way") { house.deliver(*answer, std::nullopt, md5("11")); }
  SECTION("against the offer, computed afterwards") { house.deliver(*answer, std::nullopt, sha256("11")); }
  SECTION("against the word at the end") { house.deliver(*answer, sha256("22"), md5("00")); }
  SECTION("two words that contradict each other") { house.deliver(*answer, md5("11"), md5("11")); }
  CHECK(house.state(1) == "failed/hash-mismatch");
  CHECK(house.job(1).hash_state == HashState::Mismatch);
  CHECK(house.disk.names.count("/in/notes.txt") == 0);
  CHECK(house.disk.parts().empty());
  CHECK(std::any_of(house.disk.names.begin(), house.disk.names.end(),
                    [](const auto& name) { return name.first.ends_with(".bad"); }));
  CHECK(answer->talk->failed->code == Errc::HashMismatch);
  CHECK_FALSE(answer->talk->completed);
}

TEST_CASE("receive: every hash that anybody gave is compared, reading again where needed", "[receive]") {
  House house;
  house.start();
  const auto right = Digest::of(HashAlgo::Md5, view_of("data"));
  auto answer = house.offered(House::offer_of("notes.txt", 4, kAnn + "/phone", right));
  house.bulk.content = "data";
  REQUIRE(house.accept(1));
  house.deliver(*answer, Digest::of(HashAlgo::Sha256, view_of("data")));
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).hash_state == HashState::Sha256);
}

TEST_CASE("receive: without any hash the size is all that was checked, and it says so", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.job(1).hash_state == HashState::SizeOnly);
}

TEST_CASE("receive: what exists is never overwritten unless the user said so (R3)", "[receive]") {
  House house;
  house.start();
  const auto old = house.disk.add("/in/notes.txt", 5);
  house.disk.add("/in/notes (2).txt", 5);
  AcceptOptions options;
  SECTION("rename") {
    auto answer = house.offered();
    REQUIRE(house.accept(1, options));
    house.deliver(*answer);
    CHECK(house.state(1) == "done");
    CHECK(house.job(1).path == "/in/notes (3).txt");
    CHECK(house.disk.names["/in/notes.txt"] == old);
  }
  SECTION("fail: said at once where it is known") {
    options.on_exists = "fail";
    auto answer = house.offered();
    CHECK(house.accept(1, options).error().code == Errc::Exists);
    CHECK(house.state(1) == "offered/awaiting-user");
  }
  SECTION("fail: the name was taken meanwhile") {
    options.on_exists = "fail";
    options.name = "other.txt";
    auto answer = house.offered();
    REQUIRE(house.accept(1, options));
    const auto theirs = house.disk.add("/in/other.txt", 7);
    house.deliver(*answer);
    CHECK(house.disk.names["/in/other.txt"] == theirs);
    CHECK(house.state(1) == "failed/io");
    CHECK(house.disk.names["/in/notes.txt"] == old);
    CHECK(house.disk.parts().empty());
    CHECK(answer->talk->failed->code == Errc::Exists);
  }
  SECTION("overwrite") {
    options.on_exists = "overwrite";
    auto answer = house.offered();
    REQUIRE(house.accept(1, options));
    house.deliver(*answer);
    CHECK(house.job(1).path == "/in/notes.txt");
    CHECK(house.disk.names["/in/notes.txt"] != old);
  }
}

TEST_CASE("receive: into the folder and under the name that the user chose", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered("../../x", 10);
  CHECK(house.job(1).file.name == "x");  // FN1
  AcceptOptions options;
  options.folder = "/elsewhere";
  options.name = ".hidden name";
  REQUIRE(house.accept(1, options));
  house.deliver(*answer);
  CHECK(house.job(1).path == "/elsewhere/.hidden name");
}

TEST_CASE("receive: bad accept options are refused and change nothing", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  AcceptOptions options;
  SECTION("path in the name") { options.name = "../x"; }
  SECTION("dot dot") { options.name = ".."; }
  SECTION("too long") { options.name = std::string(248, 'x'); }
  SECTION("relative folder") { options.folder = "Inbox"; }
  SECTION("resume is not a word") { options.on_exists = "resume"; }
  CHECK(house.accept(1, options).error().code == Errc::BadArgument);
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK_FALSE(answer->talk);
  REQUIRE(house.accept(1));
}

TEST_CASE("receive: a place that cannot take it leaves the offer open", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  const auto code = GENERATE(Errc::FileMissing, Errc::UnsafeFolder, Errc::Unreadable, Errc::DiskFull);
  house.files.create_fails = code;
  CHECK(house.accept(1).error().code == code);
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK_FALSE(answer->dropped);
  CHECK(actions_of(house.job(1)) == std::vector<std::string_view>{"accept", "decline", "cancel"});
  house.files.create_fails.reset();
  CHECK(house.accept(1));
  CHECK(answer->talk);
}

TEST_CASE("receive: room is left on the disk for what was accepted before (SI3)", "[receive]") {
  House house;
  house.start();
  house.disk.free = (500ull << 20) + 2500;
  house.files.reserves = GENERATE(false, true);
  house.offered("a", 1000);
  house.offered("b", 1000);
  house.offered("c", 1000);
  CHECK(house.accept(1));
  if (house.files.reserves) house.disk.free -= 1000;  // the disk counts it itself
  CHECK(house.accept(2));
  if (house.files.reserves) house.disk.free -= 1000;
  CHECK(house.accept(3).error().code == Errc::DiskFull);
  CHECK(house.disk.parts().size() == 2);
}

TEST_CASE("receive: a lost stream waits for the sender, and goes on under the same id without asking", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK_FALSE(answer->talk->alive);
  house.pass(24h * 6);
  auto again = house.offered();
  CHECK(house.queue->newest() == 1);
  REQUIRE(again->talk);
  CHECK(house.state(1) == "connecting");
  CHECK(house.disk.parts().size() == 1);  // the old bytes went
  CHECK(house.job(1).attempt == 2);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: only the same file of the same sender continues a job", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered(House::offer_of("notes.txt", 1000, kAnn + "/phone", md5("aa")));
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  house.pass(2min);
  REQUIRE(house.state(1) == "queued/waiting-peer");
  auto offer = House::offer_of("notes.txt", 1000, kAnn + "/laptop", md5("aa"));
  SECTION("another resource, another date: the hash proves it") {
    offer.file.modified = std::chrono::sys_seconds(std::chrono::seconds(5));
    CHECK(house.offered(offer)->talk);
  }
  SECTION("no hash: the date proves it") {
    offer.file.hash.reset();
    CHECK(house.offered(offer)->talk);
  }
  SECTION("a name that has to be made safe again") {
    offer.file.name = "../notes.txt";
    CHECK(house.offered(offer)->talk);
  }
  const auto is_new = [&](Offer other) {
    const auto result = house.offered(std::move(other));
    CHECK_FALSE(result->talk);
    CHECK(house.queue->newest() == 2);
  };
  SECTION("another name") {
    offer.file.name = "other.txt";
    is_new(offer);
  }
  SECTION("another size") {
    offer.file.size = 1001;
    is_new(offer);
  }
  SECTION("another hash") {
    offer.file.hash = md5("bb");
    is_new(offer);
  }
  SECTION("neither hash nor date") {
    offer.file.hash.reset();
    offer.file.modified.reset();
    is_new(offer);
  }
  SECTION("another sender") {
    offer.peer = jid(kBob + "/phone");
    is_new(offer);
  }
}

TEST_CASE("receive: a fallback offer within a minute continues its job without hash or date", "[receive]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file.modified.reset();
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::StreamFailed, "no host reached"});
  house.settle();
  CHECK(house.offered(offer)->talk);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("receive: a fallback offer while we still wait for the first stream takes its place", "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto second = house.offered();
  REQUIRE(second->talk);
  CHECK_FALSE(first->talk->alive);
  CHECK(house.queue->newest() == 1);
  house.deliver(*second);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: a double of a running job is put off, not refused for good", "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  auto line = first->talk->open();
  house.settle();
  auto second = house.offered();
  REQUIRE(second->declined);
  CHECK(second->declined->code == Errc::Constraint);
  CHECK(line->alive);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("receive: a finished file offered again is a new offer (R5)", "[receive]") {
  House house;
  house.start();
  auto first = house.offered();
  REQUIRE(house.accept(1));
  house.deliver(*first);
  first->talk->handler->on_completed(Delivery::HandedOver, std::nullopt);
  house.settle();
  auto second = house.offered();
  CHECK_FALSE(second->talk);
  CHECK(house.state(2) == "offered/awaiting-user");
}

TEST_CASE("receive: a lost stream's bytes go at once, a sender that never comes back fails the job after a week",
          "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  house.pass(24h * 7 - 1s);
  CHECK(house.state(1) == "queued/waiting-peer");
  CHECK(house.disk.parts().empty());
  house.pass(1s);
  CHECK(house.state(1) == "failed/interrupted");
  CHECK(house.disk.parts().empty());
}

TEST_CASE("receive: cancel stops it, tells the sender and removes the bytes", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  std::string expected = "cancelled/user";
  SECTION("offered: that is declining") { expected = "cancelled/refused"; }
  SECTION("connecting") { REQUIRE(house.accept(1)); }
  SECTION("active") {
    REQUIRE(house.accept(1));
    answer->talk->open();
  }
  SECTION("lost") {
    REQUIRE(house.accept(1));
    answer->talk->handler->on_ended({Errc::Interrupted, "gone"});
  }
  house.settle();
  CHECK(house.cancel(1));
  CHECK(house.state(1) == expected);
  CHECK(house.disk.parts().empty());
  CHECK(house.job(1).part_name.empty());
  if (answer->talk)
    CHECK_FALSE(answer->talk->alive);
  else
    CHECK(answer->declined);
}

TEST_CASE("receive: cancel while the part file is being made", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  std::optional<Result<void>> accepted;
  house.queue->accept(1, {}, [&](Result<void> how) { accepted = how; });
  const int steps = GENERATE(0, 1, 2);
  for (int i = 0; i < steps; ++i) house.turns.run_one();
  CHECK(house.cancel(1));
  REQUIRE(accepted);
  CHECK(accepted->error().code == Errc::BadState);
  CHECK(is_terminal(house.job(1).state));
  CHECK(house.disk.parts().empty());
  CHECK_FALSE(answer->talk);
  CHECK(answer->dropped);
}

TEST_CASE("receive: too late to cancel once the file is being put in place", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  answer->talk->handler->on_declared(std::nullopt);
  while (!house.disk.rows[1].publishing) REQUIRE(house.turns.run_one());
  std::optional<Result<void>> cancelled;
  house.queue->cancel(1, [&](Result<void> how) { cancelled = how; });
  house.settle();
  CHECK(cancelled->error().code == Errc::BadState);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: the session may go while the file is put in place", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  line->handler->on_end(Moved{1000, std::nullopt});
  house.settle();
  answer->talk->handler->on_declared(std::nullopt);
  answer->talk->handler->on_ended({Errc::NotOnline, "stream closed"});
  house.settle();
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: troubles of our disk end it and tell the sender", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  SECTION("full") {
    line->handler->on_end(Error{Errc::DiskFull, "no space"});
    house.settle();
    CHECK(house.state(1) == "failed/disk-full");
    CHECK(answer->talk->failed->code == Errc::DiskFull);
  }
  SECTION("cannot sync") {
    house.files.sync_fails = Errc::Io;
    line->handler->on_end(Moved{1000, std::nullopt});
    house.settle();
    answer->talk->handler->on_declared(std::nullopt);
    house.settle();
    CHECK(house.state(1) == "failed/io");
    CHECK(house.disk.names.count("/in/notes.txt") == 0);
  }
  CHECK(house.disk.parts().empty());
}

TEST_CASE("receive: the peer's goodbye in the middle cancels it", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  answer->talk->handler->on_ended({Errc::Cancelled, "the peer closed the stream"});
  house.settle();
  CHECK(house.state(1) == "cancelled/peer");
  CHECK(house.disk.parts().empty());
}

TEST_CASE("receive: the terms carry what the policy says about addresses", "[receive]") {
  House house;
  house.start();
  house.account().peer_trust = {true, false, false, true, false};
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  CHECK_FALSE(answer->talk->terms->direct_allowed);
  CHECK(answer->talk->terms->own_proxy_only);
  CHECK_FALSE(answer->talk->terms->streams_allowed);
}

TEST_CASE("receive: the empty file", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered("empty", 0);
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).path == "/in/empty");
}
