// SPDX-License-Identifier: MIT
// What is one caller's own, and what becomes of it when the caller leaves.
#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "unit/bus/stage.h"

namespace callers_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Strings = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;
using Row = sdbus::Struct<std::uint64_t, std::string, std::string>;
using NamedFile = sdbus::Struct<sdbus::UnixFd, std::string, std::string>;

const VariantMap kNone;

std::vector<NamedFile> some_file() {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return {NamedFile{sdbus::UnixFd(fd.get()), "", "x"}};
}

Pending wait_for(Client& client, JobId id) {
  return client.send(kRootPath, "Manager1.WaitJobs", Ids{id}, std::string("finished"),
                     std::uint64_t{0});
}

/// What is under way arrives.
void settle(Stage& stage) {
  for (int i = 0; i < 5; ++i) stage.turn(2);
}

}  // namespace

TEST_CASE("callers: a second answer to a call would be seen here", "[bus]") {
  Stage stage;
  auto object = sdbus::createObject(*stage.served, "/twice");
  object->registerMethod("org.xmppft.Odd1", "Twice", "", "", [](sdbus::MethodCall call) {
    call.createReply().send();
    call.createReply().send();
  });
  object->finishRegistration();
  CHECK(stage.call("/twice", "Odd1.Twice").error == "");
  settle(stage);
  CHECK(stage.strays + stage.ann->strays() == 1);
}

TEST_CASE("callers: two at once, each with an answer and a batch of its own", "[bus]") {
  Stage stage;
  auto bob = stage.another();
  const auto open = [&](Client& client) {
    return client.send(kRootPath, "Manager1.OpenBatch", Strings{kAnn}, kNone);
  };
  const auto first = open(*stage.ann), second = open(*bob);
  const auto anns = stage.wait(first).get<std::string>();
  const auto bobs = stage.wait(second).get<std::string>();
  CHECK(anns != bobs);

  // Nobody touches another's, even by its name.
  const auto add = [&](Client& client, const std::string& batch) {
    return client.send(kRootPath, "Manager1.AddToBatch", batch, some_file());
  };
  CHECK(stage.wait(add(*bob, anns)).error == kError + "BadState");
  CHECK(stage.wait(bob->send(kRootPath, "Manager1.SubmitBatch", anns)).error ==
        kError + "BadState");
  const auto to_ann = add(*stage.ann, anns), to_bob = add(*bob, bobs);
  CHECK(stage.wait(to_ann).error == "");
  CHECK(stage.wait(to_bob).error == "");

  // Both cancel the same job at the same time: one did it.
  stage.house.account().is_online = false;
  const auto id = stage.house.send("/out/a");
  const auto cancel = [&](Client& client) {
    return client.send(kRootPath, "Manager1.ControlJobs", std::string("cancel"),
                       VariantMap{{"ids", sdbus::Variant(Ids{id})}}, kNone);
  };
  const auto by_ann = cancel(*stage.ann), by_bob = cancel(*bob);
  const auto changed = stage.wait(by_ann).get<Ids>().size() + stage.wait(by_bob).get<Ids>().size();
  CHECK(changed == 1);
  CHECK(stage.strays + stage.ann->strays() + bob->strays() == 0);
}

TEST_CASE("callers: one that has not awaited its answer cannot go on with its batch", "[bus]") {
  Stage stage;
  const auto batch =
      stage.call(kRootPath, "Manager1.OpenBatch", Strings{kAnn}, kNone).get<std::string>();
  stage.house.files.holds_adopting = true;
  const auto first = stage.ann->send(kRootPath, "Manager1.AddToBatch", batch, some_file());
  const auto second = stage.ann->send(kRootPath, "Manager1.AddToBatch", batch, some_file());
  CHECK(stage.wait(second).error == kError + "BadState");
  CHECK_FALSE(first->is_there());
  stage.house.files.release_adopting();
  CHECK(stage.wait(first).error == "");
}

TEST_CASE("callers: one that leaves while it waits is forgotten, and only it", "[bus]") {
  Stage stage;
  stage.house.account().is_online = false;
  stage.house.send("/out/a");
  auto bob = stage.another();
  // As many waits as one caller may have: those of the one that left do not count.
  std::vector<Pending> bobs;
  for (int i = 0; i < 64; ++i) bobs.push_back(wait_for(*bob, 1));
  const auto anns = wait_for(*stage.ann, 1);
  settle(stage);
  CHECK(stage.wait(wait_for(*bob, 1)).error == kError + "TooMany");
  CHECK_FALSE(anns->is_there());
  const auto batch = stage.wait(bob->send(kRootPath, "Manager1.OpenBatch", Strings{kAnn}, kNone))
                         .get<std::string>();
  // And a call whose answer is still to come.
  stage.accounts.at(1).silent = true;
  bob->send(kAccount1, "Account1.Connect");
  settle(stage);
  stage.leave(bob);

  for (auto& done : std::exchange(stage.accounts.at(1).unanswered, {})) done({});
  REQUIRE(stage.house.cancel(1).ok());
  CHECK(std::get<1>(stage.wait(anns).get<std::vector<Row>>().at(0)) == "cancelled");
  CHECK(stage.call(kRootPath, "Manager1.SubmitBatch", batch).error == kError + "BadState");
  CHECK(stage.ann->strays() == 0);
}

TEST_CASE("callers: open batches are bounded, and forgotten with those who leave or idle",
          "[bus]") {
  Stage stage;
  auto bob = stage.another();
  const auto open = [&](Client& client) {
    return stage.wait(client.send(kRootPath, "Manager1.OpenBatch", Strings{kAnn}, kNone)).error;
  };
  for (int i = 0; i < 64; ++i) CHECK(open(i % 2 == 0 ? *stage.ann : *bob) == "");
  CHECK(open(*stage.ann) == kError + "TooMany");
  stage.leave(bob);
  for (int i = 0; i < 32; ++i) CHECK(open(*stage.ann) == "");
  CHECK(open(*stage.ann) == kError + "TooMany");
  stage.pass(5min);
  CHECK(open(*stage.ann) == "");
}

}  // namespace callers_test
