// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include "transfer/held_files.h"
#include "unit/transfer/house.h"

namespace submit_test {

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

TEST_CASE("submit: a job tells when it was made, whoever made it", "[submit]") {
  House house;
  house.start();
  const auto before = wall_now();
  const auto out = house.send("/src/a");
  house.offered("notes.txt");
  const auto after = wall_now();
  for (const JobId id : {out, out + 1}) {
    CHECK(house.job(id).created_at >= before);
    CHECK(house.job(id).created_at <= after);
  }
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

TEST_CASE("submit: another resource of our own may be named in full, this very one may not",
          "[submit]") {
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

TEST_CASE("submit: a descriptor without a path is sent, and does not outlive the daemon",
          "[submit]") {
  Disk disk;
  JobId id = 0;
  {
    House house(&disk);
    house.start();
    house.account().no_way[kBob] = Errc::PeerOffline;
    SendRequest request;
    request.recipients = {kAnn, kBob};
    request.sources.push_back(
        {"", UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "stdin.bin"});
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
  house.queue->submit(std::move(request),
                      [](SendOutcome outcome) { CHECK(outcome.ids.size() == 10'000); });
  CHECK(house.files.opens <= 32);
  house.settle();
  CHECK(house.queue->select({}).size() == 10'000);
  CHECK(house.store.puts < 20);  // one commit for all of them
}

namespace {

UniqueFd any_descriptor() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

SendOutcome add(House& house, SendBatch& batch, std::vector<SendSource> sources) {
  std::optional<SendOutcome> outcome;
  batch.add(std::move(sources), [&](SendOutcome result) { outcome = std::move(result); });
  CHECK_FALSE(outcome);  // never from inside the call
  house.settle();
  REQUIRE(outcome);
  return std::move(*outcome);
}

SendOutcome enter(House& house, std::unique_ptr<SendBatch> batch) {
  std::optional<SendOutcome> outcome;
  house.queue->submit(std::move(batch), [&](SendOutcome result) { outcome = std::move(result); });
  CHECK_FALSE(outcome);
  house.settle();
  REQUIRE(outcome);
  return std::move(*outcome);
}

std::unique_ptr<SendBatch> open(House& house) {
  SendRequest request;
  request.recipients = {kAnn};
  std::vector<SendOutcome::Problem> problems;
  auto batch = house.queue->open_batch(std::move(request), problems);
  REQUIRE(batch);
  CHECK(problems.empty());
  return batch;
}

std::vector<SendSource> paths(House& house, int from, int to) {
  std::vector<SendSource> sources;
  for (int i = from; i < to; ++i) {
    const auto path = "/src/" + std::to_string(i);
    house.disk.add(path, 1);
    sources.push_back({.path = path});
  }
  return sources;
}

}  // namespace

TEST_CASE("submit: a batch comes in any number of parts and is queued as one", "[submit]") {
  House house;
  house.start();
  auto batch = open(house);
  const auto name = batch->name();
  for (int part = 0; part < 40; ++part)
    CHECK(add(house, *batch, paths(house, part * 50, part * 50 + 50)).ok());
  CHECK(house.queue->newest() == 0);
  const auto outcome = enter(house, std::move(batch));
  REQUIRE(outcome.ok());
  CHECK(outcome.batch == name);
  REQUIRE(outcome.ids.size() == 2000);
  for (std::size_t i = 0; i < outcome.ids.size(); ++i)
    CHECK(house.job(outcome.ids[i]).file.name == std::to_string(i));
}

TEST_CASE("submit: a batch that ends before it is submitted queues nothing", "[submit]") {
  House house;
  house.start();
  auto batch = open(house);
  CHECK(add(house, *batch, paths(house, 0, 10)).ok());
  SECTION("its client went") { batch.reset(); }
  SECTION("its client went while files were opened") {
    batch->add(paths(house, 10, 20), [](SendOutcome) { FAIL("nobody is there"); });
    batch.reset();
  }
  SECTION("a file is missing") {
    std::vector<SendSource> missing;
    missing.push_back({.path = "/src/none"});
    missing.push_back({.path = "/src/nor this"});
    const auto outcome = add(house, *batch, std::move(missing));
    CHECK(outcome.problems.size() == 2);
    batch.reset();
  }
  SECTION("too many") {
    const auto outcome = add(house, *batch, paths(house, 10, 10'001));
    REQUIRE(outcome.problems.size() == 1);
    CHECK(outcome.problems[0].error.code == Errc::TooMany);
    batch.reset();
  }
  SECTION("no file at all") {
    CHECK(enter(house, open(house)).problems.at(0).error.code == Errc::BadArgument);
    batch.reset();
  }
  SECTION("the journal's disk is full") {
    house.store.fails = Errc::DiskFull;
    CHECK(enter(house, std::move(batch)).problems.at(0).error.code == Errc::DiskFull);
  }
  house.settle();
  CHECK(house.queue->select({}).empty());
  CHECK(house.disk.rows.empty());
}

TEST_CASE("submit: a batch with a bad recipient is not opened", "[submit]") {
  House house;
  house.start();
  SendRequest request;
  request.recipients = {"bob@@x", kAnn, "@"};
  std::vector<SendOutcome::Problem> problems;
  CHECK_FALSE(house.queue->open_batch(std::move(request), problems));
  CHECK(problems.size() == 2);
}

TEST_CASE("submit: the file that the client opened is meant, whatever we see under its path",
          "[submit]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  house.disk.add("/tmp/x", 7);
  auto batch = open(house);
  const bool same = GENERATE(true, false);
  if (same) house.files.same_files.insert("/tmp/x");
  std::vector<SendSource> sources;
  sources.push_back({.path = "/tmp/x", .fd = any_descriptor()});
  REQUIRE(add(house, *batch, std::move(sources)).ok());
  const auto id = enter(house, std::move(batch)).ids.at(0);
  CHECK(house.job(id).path == (same ? "/tmp/x" : ""));
  CHECK(is_persistent(house.job(id)) == same);
  CHECK(house.job(id).file.name == "x");
  CHECK(house.job(id).file.size == (same ? 7 : 42));
}

TEST_CASE("submit: a descriptor that is kept open outlives its path, as long as the daemon",
          "[submit]") {
  Disk disk;
  JobId id = 0;
  const bool keep_open = GENERATE(true, false);
  const bool restarts = GENERATE(false, true);
  {
    House house(&disk);
    house.start();
    house.account().no_way[kAnn] = Errc::PeerOffline;
    house.disk.add("/tmp/x", 7);
    house.files.same_files.insert("/tmp/x");
    SendRequest request;
    request.recipients = {kAnn};
    request.sources.push_back(
        {.path = "/tmp/x", .fd = any_descriptor(), .name = "x", .keep_open = keep_open});
    id = house.submit(std::move(request)).ids.at(0);
    house.disk.names.erase("/tmp/x");
    if (!restarts) {
      house.account().no_way.clear();
      house.queue->peer_changed(1, jid(kAnn));
      house.settle();
      CHECK(house.state(id) == (keep_open ? "offered/awaiting-peer" : "failed/file-missing"));
      return;
    }
  }
  House again(&disk);
  again.start();
  CHECK(again.state(id) == "failed/file-missing");
}

TEST_CASE("submit: descriptors that are kept have a bound, and room comes back", "[submit]") {
  HeldFiles held(8);
  std::vector<std::shared_ptr<OpenFile>> files;
  const auto hold = [&](bool needed) {
    auto file = held.hold(std::make_shared<OpenFile>(), needed);
    if (file == nullptr) return false;
    files.push_back(std::move(file));
    return true;
  };
  for (int i = 0; i < 4; ++i) CHECK(hold(false));
  CHECK_FALSE(hold(false));  // the other half is for those without a path
  for (int i = 0; i < 4; ++i) CHECK(hold(true));
  CHECK_FALSE(hold(true));
  files.erase(files.begin(), files.begin() + 5);
  CHECK(held.held() == 3);
  CHECK(hold(false));
}

TEST_CASE("submit: more files without a path than can be kept open are refused as one",
          "[submit]") {
  House house;
  house.start();
  house.account().no_way[kAnn] = Errc::PeerOffline;
  const auto most = HeldFiles().most();
  const auto sources = [](std::size_t count) {
    std::vector<SendSource> list;
    for (std::size_t i = 0; i < count; ++i) list.push_back({.fd = any_descriptor(), .name = "x"});
    return list;
  };
  auto batch = open(house);
  REQUIRE(add(house, *batch, sources(most)).ok());
  auto other = open(house);
  const auto refused = add(house, *other, sources(1));
  REQUIRE(refused.problems.size() == 1);
  CHECK(refused.problems[0].error.code == Errc::TooMany);
  batch.reset();
  CHECK(add(house, *other, sources(1)).ok());
}

}  // namespace submit_test
