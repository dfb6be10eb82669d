// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "transfer/verb.h"
#include "unit/bus/stage.h"

namespace manager_object_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Strings = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;
using Row = sdbus::Struct<std::uint64_t, std::string, std::string>;
using FieldsRow = sdbus::Struct<std::uint64_t, VariantMap>;

const std::string kRoot = kRootPath;
const VariantMap kNone;

/// Orders `path` to Ann over the bus.
JobId send(Stage& stage, const std::string& path = "/out/a") {
  if (stage.house.disk.names.count(path) == 0) stage.house.disk.add(path, 1000);
  auto sent =
      stage.call(kRoot, "Manager1.SendUris", Strings{"file://" + path}, Strings{kAnn}, kNone);
  sent.get<std::string>();
  return sent.get<Ids>().at(0);
}

sdbus::UnixFd descriptor() {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return sdbus::UnixFd(fd.get());
}

}  // namespace

TEST_CASE("manager: files are queued, told and listed", "[bus]") {
  Stage stage;
  stage.house.account().is_online = false;
  stage.house.disk.add("/out/a b", 1000);
  stage.house.disk.add("/out/c", 2000);
  auto sent = stage.call(kRoot, "Manager1.SendUris", Strings{"file:///out/a%20b", "file:///out/c"},
                         Strings{kAnn, kBob}, VariantMap{{"priority", sdbus::Variant(7)}});
  const auto batch = sent.get<std::string>();
  CHECK(sent.get<Ids>() == Ids{1, 2, 3, 4});
  CHECK(stage.house.disk.rows.size() == 4);

  // Told.
  REQUIRE(stage.until([&] { return stage.ann->jobs_changed.size() == 4; }));
  CHECK(stage.ann->jobs_changed[0] == std::pair<std::string, std::string>("1", "queued"));
  stage.pass(1s);
  REQUIRE(stage.until([&] { return stage.ann->values["/"].count("Counts") == 1; }));
  CHECK(stage.ann->values["/"].at("Counts").get<std::map<std::string, std::uint32_t>>() ==
        std::map<std::string, std::uint32_t>{{"queued", 4}});

  // Listed, a page at a time.
  Ids seen;
  std::string cursor;
  do {
    auto page = stage.call(kRoot, "Manager1.ListJobs", VariantMap{{"batch", text(batch)}},
                           Strings{"Name", "Peer", "Priority"}, cursor, std::uint32_t{3});
    for (const auto& row : page.get<std::vector<FieldsRow>>()) {
      seen.push_back(std::get<0>(row));
      const auto& fields = std::get<1>(row);
      CHECK(fields.size() == 3);
      CHECK(fields.at("Name").get<std::string>() == (seen.back() <= 2 ? "a b" : "c"));
      CHECK(fields.at("Peer").get<std::string>() == (seen.back() % 2 == 1 ? kAnn : kBob));
      CHECK(fields.at("Priority").get<std::int32_t>() == 7);
    }
    cursor = page.get<std::string>();
    CHECK(page.get<std::uint64_t>() == stage.house.queue->generation());
  } while (!cursor.empty());
  CHECK(seen == Ids{4, 3, 2, 1});

  stage.house.disk.stories[1] = {{WallTime(5us), "tried", "odd \xff text"}};
  auto story = stage.call(kRoot, "Manager1.GetHistory", std::uint64_t{1});
  const auto entries = story.get<std::vector<VariantMap>>();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].at("at").get<std::uint64_t>() == 5);
  CHECK(entries[0].at("what").get<std::string>() == "tried");
  CHECK_THAT(entries[0].at("detail").get<std::string>(), Catch::StartsWith("odd "));
  CHECK(stage.call(kRoot, "Manager1.GetHistory", std::uint64_t{9}).error == kError + "NoSuchJob");
}

TEST_CASE("manager: what a job waits for, and until when", "[bus]") {
  Stage stage;
  stage.house.disk.add("/out/a", 1000);
  stage.call(kRoot, "Manager1.SendUris", Strings{"file:///out/a"}, Strings{kAnn}, kNone);
  REQUIRE(stage.until([&] { return stage.house.state(1) == "offered/awaiting-peer"; }));
  const auto wait = stage.call(kRoot, "Manager1.GetWait", std::uint64_t{1}).get<VariantMap>();
  CHECK(wait.at("reason").get<std::string>() == "awaiting-peer");
  CHECK(wait.at("until").get<std::uint64_t>() > bus_time(wall_now()));
  CHECK(wait.at("why").get<std::string>() == "");
  CHECK(stage.call(kRoot, "Manager1.GetWait", std::uint64_t{9}).error == kError + "NoSuchJob");
}

TEST_CASE("manager: descriptors are queued in one call and in a batch", "[bus]") {
  using File = sdbus::Struct<sdbus::UnixFd, std::string>;
  using NamedFile = sdbus::Struct<sdbus::UnixFd, std::string, std::string>;
  Stage stage;
  auto sent = stage.call(kRoot, "Manager1.SendFds", std::vector{File{descriptor(), "one"}},
                         Strings{kAnn}, kNone);
  sent.get<std::string>();
  CHECK(stage.house.job(sent.get<Ids>().at(0)).file.name == "one");

  auto opened = stage.call(kRoot, "Manager1.OpenBatch", Strings{kAnn}, kNone);
  const auto batch = opened.get<std::string>();
  for (const std::string name : {"two", "three"})
    CHECK(stage
              .call(kRoot, "Manager1.AddToBatch", batch,
                    std::vector{NamedFile{descriptor(), "", name}})
              .error == "");
  CHECK(stage.house.disk.rows.size() == 1);
  auto submitted = stage.call(kRoot, "Manager1.SubmitBatch", batch);
  CHECK(submitted.get<Ids>() == Ids{2, 3});
  CHECK(stage.house.job(3).file.name == "three");
  CHECK(stage.call(kRoot, "Manager1.SubmitBatch", batch).error == kError + "BadState");
}

TEST_CASE("manager: what cannot be sent is refused by its name, all of it", "[bus]") {
  Stage stage;
  auto& disk = stage.house.disk;
  disk.add("/out/a", 1000);
  disk.add("/out/secret", 1000);
  disk.add("/out/folder", 1000);
  stage.house.files.unreadable = {{"/out/secret", Errc::Unreadable},
                                  {"/out/folder", Errc::NotRegularFile}};
  const auto refused = [&](const Strings& uris, const Strings& recipients,
                           const VariantMap& options = {}) {
    const auto reaction = stage.call(kRoot, "Manager1.SendUris", uris, recipients, options);
    INFO(reaction.message);
    CHECK(stage.house.disk.rows.empty());
    return reaction.error;
  };
  CHECK(refused({"file:///out/none"}, {kAnn}) == kError + "Unreadable");
  CHECK(refused({"file:///out/a", "file:///out/secret"}, {kAnn}) == kError + "Unreadable");
  CHECK(refused({"file:///out/folder"}, {kAnn}) == kError + "NotRegularFile");
  CHECK(refused({"http://out/a"}, {kAnn}) == kError + "BadUri");
  CHECK(refused({"file:///out/a"}, {"a@b@c"}) == kError + "BadJid");
  CHECK(refused({"file:///out/a"}, {}) == kInvalidArgs);
  CHECK(refused({}, {kAnn}) == kInvalidArgs);
  CHECK(refused(Strings(1001, "file:///out/a"), {kAnn}) == kError + "TooMany");
  const sdbus::ObjectPath nobody("/org/xmppft/Daemon1/accounts/9");
  CHECK(refused({"file:///out/a"}, {kAnn}, {{"account", sdbus::Variant(nobody)}}) ==
        kError + "NoSuchAccount");
}

TEST_CASE("manager: jobs are cancelled and removed once that is on disk, each error by its job",
          "[bus]") {
  Stage stage;
  stage.house.account().is_online = false;
  for (int i = 0; i < 3; ++i) send(stage);
  const auto control = [&](const std::string& action, VariantMap selector) {
    return stage.ann->send(kRoot, "Manager1.ControlJobs", action, selector, kNone);
  };
  stage.house.store.held = true;
  const auto pending = control("cancel", {{"ids", sdbus::Variant(Ids{1, 2, 9})}});
  for (int i = 0; i < 5; ++i) stage.turn(2);
  CHECK_FALSE(pending->is_there());
  stage.house.store.release();
  auto cancelled = stage.wait(pending);
  CHECK(cancelled.get<Ids>() == Ids{1, 2});
  const auto failed = cancelled.get<std::vector<Row>>();
  REQUIRE(failed.size() == 1);
  CHECK(std::get<0>(failed[0]) == 9);
  CHECK(std::get<1>(failed[0]) == kError + "NoSuchJob");
  CHECK(stage.house.state(1) == "cancelled/user");

  // What means nothing is passed over, unless it was named.
  auto removed = stage.wait(control("remove", {{"all", sdbus::Variant(true)}}));
  CHECK(removed.get<Ids>() == Ids{1, 2});
  CHECK(removed.get<std::vector<Row>>().empty());
  auto named = stage.wait(control("remove", {{"ids", sdbus::Variant(Ids{3})}}));
  CHECK(named.get<Ids>().empty());
  CHECK(std::get<1>(named.get<std::vector<Row>>().at(0)) == kError + "BadState");
  stage.pass(1s);
  for (const std::string id : {"1", "2"})
    CHECK(stage.until([&] {
      const auto& told = stage.ann->jobs_changed;
      return std::find(told.begin(), told.end(), std::pair(id, std::string("removed"))) !=
             told.end();
    }));
  CHECK(stage.wait(control("pause", {{"all", sdbus::Variant(true)}})).error == kInvalidArgs);
}

TEST_CASE("manager: waits end by what happens, by their time, or at once", "[bus]") {
  Stage stage;
  stage.house.account().is_online = false;
  send(stage), send(stage);
  const auto wait = [&](const Ids& ids, const std::string& until, std::uint64_t usec = 0) {
    return stage.ann->send(kRoot, "Manager1.WaitJobs", ids, until, usec);
  };
  const auto all = wait({1, 2}, "finished");
  const auto any = wait({1, 2}, "any-finished");
  const auto late = wait({1, 2}, "finished", 90'000'000);
  const auto unknown = wait({1, 9}, "finished");
  CHECK(stage.wait(unknown).error == kError + "NoSuchJob");
  REQUIRE(stage.house.cancel(1).ok());
  CHECK(std::get<1>(stage.wait(any).get<std::vector<Row>>().at(0)) == "cancelled");
  CHECK_FALSE(all->is_there());
  stage.pass(89s);
  CHECK_FALSE(late->is_there());
  stage.pass(1s);
  const auto rows = stage.wait(late).get<std::vector<Row>>();
  CHECK(rows == std::vector<Row>{{1, "cancelled", "user"}, {2, "queued", "waiting-account"}});
  REQUIRE(stage.house.cancel(2).ok());
  REQUIRE(stage.house.remove(2).ok());
  CHECK(stage.wait(all).get<std::vector<Row>>().at(1) == Row{2, "cancelled", "user"});
  CHECK(stage.wait(wait({1}, "finished")).get<std::vector<Row>>().size() == 1);
}

TEST_CASE("manager: a job in a state that is not ours is not waited for, and goes when it is named",
          "[bus]") {
  Disk disk;
  JobRecord row;
  row.id = 1;
  row.account = 1;
  row.peer = kAnn;
  row.path = "/out/a";
  row.state = Word<JobState>::unknown("sleeping");
  disk.rows[1] = row;
  Stage stage(&disk);
  stage.house.account().is_online = false;
  send(stage);
  const auto wait = [&](const Ids& ids, const std::string& until) {
    return stage.wait(stage.ann->send(kRoot, "Manager1.WaitJobs", ids, until, std::uint64_t{0}))
        .get<std::vector<Row>>();
  };
  const Row sleeping{1, "sleeping", ""};
  CHECK(wait({1}, "finished") == std::vector<Row>{sleeping});
  CHECK(wait({1, 2}, "any-finished").at(0) == sleeping);
  CHECK(wait({1}, "started") == std::vector<Row>{sleeping});
  const auto remove = [&](const VariantMap& selector) {
    return stage.call(kRoot, "Manager1.ControlJobs", std::string("remove"), selector, VariantMap{})
        .get<Ids>();
  };
  CHECK(remove({{"all", sdbus::Variant(true)}}).empty());
  CHECK(remove({{"ids", sdbus::Variant(Ids{1})}}) == Ids{1});
}

TEST_CASE("manager: a daemon that ends tells those who wait", "[bus]") {
  Stage stage;
  stage.house.account().is_online = false;
  send(stage);
  const auto waits = stage.ann->send(kRoot, "Manager1.WaitJobs", Ids{1}, std::string("finished"),
                                     std::uint64_t{0});
  for (int i = 0; i < 5; ++i) stage.turn(2);
  REQUIRE_FALSE(waits->is_there());
  stage.tree.reset();
  CHECK(stage.wait(waits).error == kNoReply);
}

TEST_CASE("manager: rules are set and kept as one, or refused as one", "[bus]") {
  Stage stage;
  const VariantMap ann{{"from", text(kAnn)}, {"directory", text("file:///in")}};
  CHECK(stage.set_rules({ann}) == "");
  REQUIRE(stage.saved.size() == 1);
  CHECK(stage.saved[0].at(0).folder == "/in");
  CHECK(stage.until([&] { return stage.ann->has_heard("invalidated / AutoAccept"); }));
  CHECK(stage.property<std::vector<VariantMap>>(kRoot, "Manager1", "AutoAccept")
            .at(0)
            .at("from")
            .get<std::string>() == kAnn);

  stage.house.files.unreadable["/closed"] = Errc::Unreadable;
  const VariantMap closed{{"from", text(kBob)}, {"directory", text("file:///closed")}};
  CHECK(stage.set_rules({ann, closed}) == kError + "Unreadable");
  CHECK(stage.set_rules({ann, {{"from", text("a@b@c")}}}) == kError + "BadJid");
  CHECK(stage.set_rules({{{"from", text("*")}}}) == kInvalidArgs);  // needs max_size
  CHECK(stage.set_rules({{{"form", text(kAnn)}}}) == kInvalidArgs);
  CHECK(stage.set_rules(std::vector<VariantMap>(1001, ann)) == kInvalidArgs);
  CHECK(stage.saved.size() == 1);
  CHECK(stage.house.queue->rules().size() == 1);
  // Of another type, of another property.
  const auto set = [&](const std::string& name, sdbus::Variant value) {
    return stage
        .wait(stage.ann->send_filled(
            kRoot, "org.freedesktop.DBus.Properties", "Set",
            [&](auto& call) { call << std::string(kManagerInterface) << name << value; }))
        .error;
  };
  CHECK(set("AutoAccept", text("x")) == kInvalidArgs);
  CHECK(set("MaxActive", sdbus::Variant(std::uint32_t{1})) ==
        "org.freedesktop.DBus.Error.PropertyReadOnly");
}

TEST_CASE("manager: its properties, and those that a broken disk changes", "[bus]") {
  Stage stage;
  CHECK(stage.property<std::string>(kRoot, "Manager1", "Version") == XMPPFT_VERSION);
  CHECK(stage.property<std::uint32_t>(kRoot, "Manager1", "MaxActive") == 3);
  CHECK(stage.property<Strings>(kRoot, "Manager1", "Features") == Strings{"si-socks5", "si-ibb"});
  CHECK(stage.property<std::uint64_t>(kRoot, "Manager1", "StartedAt") > 0);
  CHECK_FALSE(stage.property<bool>(kRoot, "Manager1", "Degraded"));
  stage.house.account().is_online = false;
  const auto id = send(stage);
  stage.house.store.fails = Errc::DiskFull;
  const auto sent =
      stage.call(kRoot, "Manager1.SendUris", Strings{"file:///out/a"}, Strings{kAnn}, kNone);
  CHECK(sent.error == kError + "DiskFull");
  stage.house.queue->act(kCancel, id, [](Result<void>) {});
  CHECK(stage.until([&] { return stage.ann->has_heard("changed / Problems"); }));
  CHECK(stage.ann->values["/"].at("Degraded").get<bool>());
  CHECK(stage.ann->values["/"].at("Problems").get<Strings>() == Strings{"journal-unwritable"});
}

TEST_CASE("manager: accounts come and go, as objects too", "[bus]") {
  Stage stage;
  CHECK(stage.objects() == Strings{"/accounts/1"});
  auto added = stage.call(kRoot, "Manager1.AddAccount", std::string("New@Example.org"),
                          VariantMap{{"server", text("192.0.2.1:5223")}});
  CHECK(added.get<sdbus::ObjectPath>() == account_path(2));
  CHECK(stage.until([&] { return stage.ann->has_heard("added /accounts/2"); }));
  CHECK(stage.objects() == Strings{"/accounts/1", "/accounts/2"});
  CHECK(stage.accounts.at(2).settings().jid == "new@example.org");
  CHECK(stage.accounts.at(2).settings().port == 5223);

  const auto add = [&](const std::string& jid, const VariantMap& settings = {}) {
    return stage.call(kRoot, "Manager1.AddAccount", jid, settings).error;
  };
  CHECK(add("new@example.org") == kError + "Exists");
  CHECK(add("new@example.org/phone") == kError + "BadJid");
  CHECK(add("example.org") == kError + "BadJid");
  CHECK(add("x@example.org", {{"server", text("host:0")}}) == kInvalidArgs);

  const auto remove = [&](const std::string& path) {
    return stage.call(kRoot, "Manager1.RemoveAccount", sdbus::ObjectPath(path), kNone).error;
  };
  CHECK(remove(account_path(2)) == "");
  CHECK(stage.until([&] { return stage.ann->has_heard("removed /accounts/2"); }));
  CHECK(stage.objects() == Strings{"/accounts/1"});
  CHECK(remove(account_path(2)) == kError + "NoSuchAccount");
  CHECK(remove(job_path(1)) == kError + "NoSuchAccount");
}

}  // namespace manager_object_test
