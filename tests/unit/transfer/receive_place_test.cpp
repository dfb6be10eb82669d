// SPDX-License-Identifier: MIT
// Where a received file goes, and what the disk says to that.
#include "unit/transfer/house.h"

namespace receive_place_test {

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
  SECTION("too long") { options.name = std::string(256, 'x'); }
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
  const auto code =
      GENERATE(Errc::FileMissing, Errc::UnsafeFolder, Errc::Unreadable, Errc::DiskFull);
  house.files.place_fails = code;
  CHECK(house.accept(1).error().code == code);
  CHECK(house.state(1) == "offered/awaiting-user");
  CHECK_FALSE(answer->dropped);
  CHECK(actions_of(house.job(1)) == std::vector<std::string_view>{"accept", "decline", "cancel"});
  house.files.place_fails.reset();
  CHECK(house.accept(1));
  CHECK(answer->talk);
}

TEST_CASE("receive: room is left on the disk for what was accepted before (SI3)", "[receive]") {
  House house;
  house.start();
  house.disk.free = (500ull << 20) + 2500;
  house.files.reserves = GENERATE(false, true);
  const bool opened = GENERATE(false, true);
  const auto take = [&](JobId id, const std::shared_ptr<Answer>& answer) {
    REQUIRE(house.accept(id));
    if (!opened) return;
    answer->talk->open();
    house.settle();
    if (house.files.reserves) house.disk.free -= 1000;  // the disk counts it itself
  };
  const auto first = house.offered("a", 1000);
  const auto second = house.offered("b", 1000);
  house.offered("c", 1000);
  take(1, first);
  take(2, second);
  CHECK(house.accept(3).error().code == Errc::DiskFull);
  CHECK(house.disk.parts().size() == (opened ? 2 : 0));
}

TEST_CASE(
    "receive: what others needed when it was accepted is no longer kept free once they are here",
    "[receive]") {
  House house;
  house.start();
  house.disk.free = (500ull << 20) + 2500;
  const auto first = house.offered("a", 1000);
  const auto second = house.offered("b", 1000);
  REQUIRE(house.accept(1));
  REQUIRE(house.accept(2));
  house.deliver(*first);
  house.disk.free -= 1000;
  house.deliver(*second);
  CHECK(house.state(2) == "done");
}

TEST_CASE("receive: a place that was good at accepting and is not when the bytes come",
          "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  std::string expected;
  SECTION("full") {
    house.files.create_fails = house.files.place_fails = Errc::DiskFull;
    expected = "paused/disk-low";
  }
  SECTION("gone") {
    house.files.create_fails = Errc::FileMissing;
    expected = "queued/waiting-peer";  // there again, as it seems
  }
  SECTION("not just now, and not half a minute later: the sender may offer it again") {
    house.files.create_fails = Errc::Unavailable;
    expected = "queued/waiting-peer";
  }
  answer->talk->open();
  house.settle();
  for (int i = 0; i < 30; ++i) house.pass(1s);
  CHECK(house.state(1) == expected);
  CHECK(answer->talk->failed->code == *house.files.create_fails);
  CHECK(house.disk.parts().empty());
  if (house.files.create_fails == Errc::DiskFull) return;
  house.files.create_fails.reset();
  auto again = house.offered();
  REQUIRE(again->talk);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: an offer that comes takes no room from one that was accepted", "[receive]") {
  House house;
  house.start();
  house.disk.free = 1500 + house.config.keep_free;
  house.files.reserves = false;
  REQUIRE(house.queue->set_rules({rule(kAnn)}));
  auto first = house.offered("a", 1000);
  REQUIRE(first->talk);
  house.store.held = true;
  auto second = house.offered("b", 1000);  // is being accepted,
  auto line = first->talk->open();         // while the stream of the first one opens
  house.settle();
  house.store.release();
  house.settle();
  CHECK(house.state(1) == "active");
  CHECK_FALSE(second->talk);
}

namespace {

/// By the rules of exFAT.
bool refused(const std::string& name) {
  return name.find_first_of("\"*:<>?\\|") != std::string::npos || name.ends_with(".") ||
         name.ends_with(" ");
}

}  // namespace

TEST_CASE("receive: a name that the file system refuses costs no transfer", "[receive]") {
  House house;
  house.start();
  house.files.refuses = refused;
  house.files.foresees_names = GENERATE(true, false);
  const auto offered = GENERATE("what?.txt", "12:30.png", "a|b", "\"quoted\"", "con:.x");
  auto answer = house.offered(offered);
  REQUIRE(house.accept(1));
  if (house.files.foresees_names) CHECK_FALSE(refused(house.job(1).wanted_name));
  house.deliver(*answer);
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).path == "/in/" + plainer_names(offered).front());
  CHECK(house.job(1).attempt == 1);
  CHECK(house.disk.parts().empty());
  std::vector<std::string> renamed;
  for (const auto& step : house.disk.stories[1])
    if (step.what == "renamed") renamed.push_back(step.detail);
  if (house.files.foresees_names)
    CHECK(renamed.empty());
  else
    CHECK(renamed == std::vector<std::string>{"the file system of /in takes no '" +
                                              std::string(offered) + "'"});
}

TEST_CASE("receive: with a name that only the last resort will do", "[receive]") {
  House house;
  house.start();
  house.files.foresees_names = false;
  house.files.refuses = [](const std::string& name) {
    return name != "file" && name != "file (2)";
  };
  house.disk.add("/in/file", 5);
  auto answer = house.offered("r\xc3\xa9sum\xc3\xa9?.pdf");
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).path == "/in/file (2)");
}

TEST_CASE("receive: a refused name that the user typed is told at once", "[receive]") {
  House house;
  house.start();
  house.files.refuses = refused;
  auto answer = house.offered("notes.txt");
  AcceptOptions options;
  options.name = "what?.txt";
  const auto accepted = house.accept(1, options);
  REQUIRE_FALSE(accepted);
  CHECK(accepted.error().code == Errc::BadArgument);
  CHECK(accepted.error().detail.find("what_.txt") != std::string::npos);
  CHECK(house.state(1) == "offered/awaiting-user");
  options.name = "what_.txt";
  REQUIRE(house.accept(1, options));
}

TEST_CASE("receive: a plain name is not tried", "[receive]") {
  House house;
  house.start();
  house.offered();
  REQUIRE(house.accept(1));
  CHECK(house.files.names_tried == 0);
}

TEST_CASE("receive: a folder that was moved meanwhile is told by its new name", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.files.moved_folders["/in"] = "/in.old";
  house.deliver(*answer);
  CHECK(house.state(1) == "done");
  CHECK(house.job(1).path == "/in.old/notes.txt");
  CHECK(house.disk.names.count(house.job(1).path) == 1);
}

TEST_CASE("receive: a complete file waits for its folder, and is not sent again", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.files.publish_fails =
      GENERATE(Errc::FileMissing, Errc::UnsafeFolder, Errc::Unreadable, Errc::DiskFull, Errc::Io);
  house.deliver(*answer);
  CHECK(house.state(1) == "verifying/awaiting-folder");
  CHECK(house.job(1).error_detail.find("the test says no") != std::string::npos);
  for (int i = 0; i < 360; ++i) house.pass(10s);
  CHECK(house.state(1) == "verifying/awaiting-folder");
  CHECK(house.files.publishings > 10);
  CHECK(house.offered()->declined->code == Errc::Constraint);  // not now: it is here
  SECTION("until it is back") {
    house.files.publish_fails.reset();
    house.pass(1min);
    CHECK(house.state(1) == "done");
    CHECK(house.job(1).path == "/in/notes.txt");
    CHECK(house.job(1).error_detail.empty());
  }
  SECTION("or until the user gives up") {
    REQUIRE(house.cancel(1));
    CHECK(house.state(1) == "cancelled/user");
    CHECK(house.disk.parts().empty());
    const int tried = house.files.publishings;
    house.pass(1h);
    CHECK(house.files.publishings == tried);
  }
}

TEST_CASE("receive: what waits for its folder is put in place after a restart", "[receive]") {
  Disk disk;
  {
    House house(&disk);
    house.start();
    auto answer = house.offered();
    REQUIRE(house.accept(1));
    house.files.publish_fails = Errc::FileMissing;
    house.deliver(*answer);
    REQUIRE(house.state(1) == "verifying/awaiting-folder");
  }
  House again(&disk);
  SECTION("that is there again") {}
  SECTION("that is not there yet") {
    again.files.publish_fails = Errc::FileMissing;
    again.start();
    CHECK(again.state(1) == "verifying/awaiting-folder");
    again.files.publish_fails.reset();
    again.pass(10s);
  }
  if (again.queue->find(1) == nullptr) again.start();
  CHECK(again.state(1) == "done");
  CHECK(again.job(1).path == "/in/notes.txt");
}

TEST_CASE("receive: too late to cancel while the folder is tried again", "[receive]") {
  House house;
  house.start();
  auto answer = house.offered();
  REQUIRE(house.accept(1));
  house.files.publish_fails = Errc::FileMissing;
  house.deliver(*answer);
  house.files.publish_fails.reset();
  house.timers.advance(10s);
  CHECK(house.cancel(1).error().code == Errc::BadState);
  CHECK(house.state(1) == "done");
}

TEST_CASE("receive: names up to what file systems have are kept whole", "[receive]") {
  House house;
  house.start();
  const std::string name = std::string(251, 'n') + ".tar";
  auto answer = house.offered(name);
  REQUIRE(house.accept(1));
  house.deliver(*answer);
  CHECK(house.job(1).path == "/in/" + name);
  auto second = house.offered(name);
  REQUIRE(house.accept(2));
  house.deliver(*second);
  CHECK(house.state(2) == "done");
  CHECK(house.job(2).final_name.ends_with(" (2).tar"));
  CHECK(house.job(2).final_name.size() == 255);
}

TEST_CASE(
    "rules: a folder that cannot be received into is told when the rule is set, and only then",
    "[receive]") {
  House house;
  house.start();
  const auto into = [](const std::string& folder) {
    AcceptRule rule;
    rule.from = kAnn;
    rule.folder = folder;
    return rule;
  };
  CHECK(house.queue->check_folders({into("/good"), into("")}));
  REQUIRE(house.queue->set_rules({into("/good")}));
  house.files.unreadable["/bad"] = Errc::UnsafeFolder;
  const auto checked = house.queue->check_folders({into("/good"), into("/bad")});
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Errc::UnsafeFolder);
  CHECK(checked.error().detail.find("rule 2: /bad") == 0);
  // One that was set before and went since is no reason to refuse others.
  house.files.unreadable["/good"] = Errc::FileMissing;
  CHECK(house.queue->check_folders({into("/good"), into("/other")}));
  // A rule without a folder means the download folder.
  house.files.unreadable["/in"] = Errc::UnsafeFolder;
  CHECK_FALSE(house.queue->check_folders({into("")}));
}

}  // namespace receive_place_test
