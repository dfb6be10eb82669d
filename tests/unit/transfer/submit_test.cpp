// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include "unit/transfer/house.h"

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("submit: ids come once their rows are on disk", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/a.txt", 10);
  std::optional<SendOutcome> outcome;
  house.queue->submit(house.request("/src/a.txt"), [&](SendOutcome result) {
    outcome = std::move(result);
    REQUIRE(outcome->ids.size() == 1);
    CHECK(house.disk.rows.count(outcome->ids[0]) == 1);  // R1
    CHECK(house.queue->find(outcome->ids[0]) != nullptr);
  });
  house.settle();
  REQUIRE(outcome);
  CHECK(outcome->ok());
  CHECK_FALSE(outcome->batch.empty());
  const auto& job = house.job(outcome->ids[0]);
  CHECK(job.file.name == "a.txt");
  CHECK(job.file.size == 10);
  CHECK(job.path == "/src/a.txt");
  CHECK(job.batch == outcome->batch);
}

TEST_CASE("submit: one job for each file and recipient, files outermost", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/a", 1);
  house.disk.add("/src/b", 2);
  auto request = house.request("/src/a");
  request.sources.push_back({"/src/b", UniqueFd(), "other name"});
  request.recipients.push_back(kBob);
  const auto outcome = house.submit(std::move(request));
  REQUIRE(outcome.ids.size() == 4);
  CHECK(house.job(outcome.ids[0]).peer == kAnn);
  CHECK(house.job(outcome.ids[1]).peer == kBob);
  CHECK(house.job(outcome.ids[1]).file.name == "a");
  CHECK(house.job(outcome.ids[2]).file.name == "other name");
}

TEST_CASE("submit: all or nothing, and every problem is named", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/good", 1);
  house.files.unreadable["/src/secret"] = Errc::Unreadable;
  auto request = house.request("/src/good");
  request.sources.push_back({"/src/gone", UniqueFd(), ""});
  request.sources.push_back({"/src/secret", UniqueFd(), ""});
  const auto outcome = house.submit(std::move(request));
  CHECK(outcome.ids.empty());
  REQUIRE(outcome.problems.size() == 2);
  CHECK(outcome.problems[0].subject == "/src/gone");
  CHECK(outcome.problems[0].error.code == Errc::FileMissing);
  CHECK(outcome.problems[1].error.code == Errc::Unreadable);
  CHECK(house.disk.rows.empty());
  CHECK(house.queue->newest() == 0);
}

TEST_CASE("submit: bad requests are refused before a file is opened", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/a", 1);
  auto request = house.request("/src/a");
  Errc expected = Errc::BadArgument;
  SECTION("no such JID") { request.recipients = {"bob@@x"}, expected = Errc::BadJid; }
  SECTION("our own bare JID") { request.recipients = {"Me@Example.org"}, expected = Errc::BadJid; }
  SECTION("no such account") { request.account = 9, expected = Errc::NoSuchAccount; }
  SECTION("no account at all") { house.accounts.all.clear(), expected = Errc::NoSuchAccount; }
  SECTION("relative path") { request.sources[0].path = "a", expected = Errc::BadUri; }
  SECTION("priority") { request.priority = 101; }
  SECTION("description") { request.description = std::string(1025, 'x'); }
  SECTION("nobody") { request.recipients.clear(); }
  SECTION("nothing") { request.sources.clear(); }
  SECTION("too many pairs") {
    request.recipients.assign(10'001, kAnn);
    expected = Errc::TooMany;
  }
  const auto outcome = house.submit(std::move(request));
  REQUIRE(outcome.problems.size() >= 1);
  CHECK(outcome.problems[0].error.code == expected);
  CHECK(house.files.opens == 0);
}

TEST_CASE("submit: another resource of our own may be named in full, this very one may not", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/a", 1);
  CHECK(house.submit(house.request("/src/a", kMe + "/laptop")).ok());
  const auto outcome = house.submit(house.request("/src/a", "Me@Example.org/home"));
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].error.code == Errc::BadJid);
  CHECK(outcome.problems[0].error.detail.find(kMe + "/phone") != std::string::npos);
  CHECK(house.queue->newest() == 1);
}

TEST_CASE("submit: a full state disk is an error, and no job", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/a", 1);
  house.store.fails = Errc::DiskFull;
  const auto outcome = house.submit(house.request("/src/a"));
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].error.code == Errc::DiskFull);
  CHECK(house.queue->select({}).empty());
  CHECK_FALSE(house.queue->degraded());
}

TEST_CASE("submit: names are made safe, descriptors need one", "[submit]") {
  House house;
  house.start();
  house.disk.add("/src/.bashrc", 1);
  const auto outcome = house.submit(house.request("/src/.bashrc"));
  CHECK(house.job(outcome.ids.at(0)).file.name == "_bashrc");
  SendRequest nameless;
  nameless.recipients = {kAnn};
  nameless.sources.push_back({"", UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), ""});
  CHECK_FALSE(house.submit(std::move(nameless)).ok());
}

TEST_CASE("submit: a descriptor without a path is sent, and does not outlive the daemon", "[submit]") {
  Disk disk;
  JobId id = 0;
  {
    House house(&disk);
    house.start();
    house.account().no_route[kBob] = Errc::PeerOffline;
    SendRequest request;
    request.recipients = {kAnn, kBob};
    request.sources.push_back({"", UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "stdin.bin"});
    const auto outcome = house.submit(std::move(request));
    REQUIRE(outcome.ok());
    id = outcome.ids[1];
    CHECK_FALSE(is_persistent(house.job(id)));
    const int opens = house.files.opens;
    house.deliver(house.last_talk());
    CHECK(house.state(outcome.ids[0]) == "done");
    CHECK(house.files.opens == opens);  // the descriptor itself was used
  }
  House again(&disk);
  again.start();
  CHECK(again.state(id) == "failed/interrupted");
}

TEST_CASE("submit: ten thousand files are not open at the same time", "[submit]") {
  House house;
  house.start();
  SendRequest request;
  request.recipients = {kAnn};
  for (int i = 0; i < 10'000; ++i) {
    const auto path = "/src/" + std::to_string(i);
    house.disk.add(path, 1);
    request.sources.push_back({path, UniqueFd(), ""});
  }
  house.queue->submit(std::move(request), [](SendOutcome outcome) { CHECK(outcome.ids.size() == 10'000); });
  CHECK(house.files.opens <= 32);
  house.settle();
  CHECK(house.queue->select({}).size() == 10'000);
  CHECK(house.store.puts < 20);  // one commit for all of them
}
