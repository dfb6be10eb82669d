// SPDX-License-Identifier: MIT
// Where a received file goes, and what the disk says to that.
#include "unit/transfer/house.h"

using namespace xmppftd;
using namespace xmppftd::test;

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
  SECTION("as the configuration says, where nobody else does") {
    house.config.on_exists = "fail";
    house.queue->set_config(house.config);
    house.offered();
    CHECK(house.accept(1).error().code == Errc::Exists);
    options.on_exists = "rename";
    CHECK(house.accept(1, options));
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
