// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "fake_daemon.h"
#include "program.h"

namespace receive_bus_test {

namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "client-test-XXXXXX").string();
    path = fs::canonical(::mkdtemp(name.data())).string();
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("offers are listed, accepted into a folder and declined", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  daemon.add_job("one.txt", "offered", "in");
  daemon.add_job("two.txt", "offered", "in");
  daemon.add_job("mine.txt", "offered");
  CHECK(run({"-q", "offers"}).out == "2\n1\n");
  const auto ran = run({"accept", "1", "--into", folder.path});
  CHECK(ran.out == "accepted 1: one.txt  1.0 KiB → " + folder.path + "/\n");
  CHECK(run({"accept", "@last", "--into", folder.path + "/new.txt"}).exit == 0);
  CHECK(run({"decline", "2"}).out == "declined 2: two.txt\n");
  CHECK(daemon.log == std::vector<std::string>{"accept 1 file://" + folder.path + "/",
                                               "accept 2 file://" + folder.path + "/new.txt",
                                               "decline 2"});
}

TEST_CASE("accepting several into one file name is refused", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  daemon.add_job("one.txt", "offered", "in");
  daemon.add_job("two.txt", "offered", "in");
  CHECK(run({"accept", "1-2", "--into", folder.path + "/one"}).exit == 2);
  CHECK(run({"accept", "1", "--into", folder.path + "/none/"}).exit == 2);
  CHECK(run({"accept", "1", "--on-exists", "explode"}).exit == 2);
  CHECK(daemon.log.empty());
}

TEST_CASE("an offer that is gone is exit 1; of several, the others are taken", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("one.txt", "cancelled", "in");
  daemon.add_job("two.txt", "offered", "in");
  CHECK(run({"accept", "1"}).exit == 1);
  const auto ran = run({"accept", "1", "2"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("job 1: it is no open offer") != std::string::npos);
  CHECK(daemon.log == std::vector<std::string>{"accept 2"});
}

TEST_CASE("rules: one JID needs no limit, many do", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  CHECK(run({"policy", "add", "--from", "bob@example.net", "--into", folder.path}).exit == 0);
  for (const char* many : {"*", "*@example.org", "roster"}) {
    const auto ran = run({"policy", "add", "--from", many});
    CHECK(ran.exit == 2);
    CHECK(ran.err.find("needs --max-size") != std::string::npos);
    CHECK(run({"policy", "add", "--from", many, "--max-size", "0"}).exit == 2);
  }
  CHECK(run({"policy", "add", "--from", "*@example.org", "--max-size", "100Mi", "--on-exists",
             "fail", "--mime", "image/*", "--mime", "text/plain"})
            .exit == 0);
  CHECK(run({"policy", "add", "--from", "bob@example.net", "--mime", "image"}).exit == 2);
  REQUIRE(daemon.rules.size() == 2);
  CHECK(daemon.rules[0].at("directory").get<std::string>() == "file://" + folder.path + "/");
  CHECK(daemon.rules[1].at("max_size").get<std::uint64_t>() == 100u << 20);

  const auto listed = run({"--json", "policy", "list"}).json()["rules"];
  CHECK(listed[0]["directory"] == folder.path + "/");
  CHECK(listed[0]["max_size_bytes"].is_null());
  CHECK(listed[1]["on_exists"] == "fail");
  CHECK(listed[0]["mime"].is_null());
  CHECK(listed[1]["mime"] == std::vector<std::string>{"image/*", "text/plain"});
  CHECK(run({"policy", "list"}).out.find("image/*, text/plain") != std::string::npos);
  CHECK(run({"policy", "remove", "3"}).exit == 2);
  CHECK(run({"policy", "remove", "1"}).out == "removed 1 rule, 1 rule left\n");
  CHECK(daemon.rules.at(0).at("from").get<std::string>() == "*@example.org");
}

TEST_CASE("a rule is told of one that comes first, and of a folder that takes nothing", "[bus]") {
  FakeDaemon daemon;
  daemon.rules = {{{"from", std::string("bob@x")}, {"max_size", std::uint64_t{1000}}},
                  {{"from", std::string("*@y")}}};
  const auto told = [&](std::vector<std::string> words, const char* warning) {
    words.insert(words.begin(), {"policy", "add", "--from"});
    const auto ran = run(words);
    CAPTURE(words);
    CHECK(ran.exit == 0);
    CHECK(ran.err.starts_with(warning));
    CHECK(ran.err.empty() == (*warning == 0));
    daemon.rules.pop_back();
  };
  told({"bob@x", "--max-size", "900"}, "rule 1 comes first");
  told({"bob@x", "--max-size", "2k"}, "");
  told({"bob@x"}, "");
  told({"cy@y"}, "rule 2 comes first and takes all of these from a contact");
  told({"cy@y.example"}, "");
  const auto ran = run({"policy", "add", "--from", "cy@z", "--into", "/proc"});
  CHECK(ran.exit == 7);
  CHECK(ran.err.find("folder '/proc': no file can be made there") != std::string::npos);
}

TEST_CASE("--json gives the reason of each job that was not accepted, declined or ended", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("gone", "cancelled", "in");  // 1
  daemon.add_job("open", "offered", "in");    // 2
  const auto reasons = [](const nlohmann::json& document) {
    std::map<std::uint64_t, std::string> by_id;
    for (const auto& row : document["failed"]) {
      CHECK_FALSE(row["message"].get<std::string>().empty());
      by_id[row["id"]] = row["name"];
    }
    return by_id;
  };
  const std::string state = "org.xmppft.Error.BadState", none = "org.xmppft.Error.NoSuchJob";
  using Reasons = std::map<std::uint64_t, std::string>;

  auto ran = run({"--json", "accept", "1", "79", "80"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.empty());
  CHECK(ran.json()["accepted"].empty());
  CHECK(reasons(ran.json()) == Reasons{{1, state}, {79, none}, {80, none}});

  ran = run({"--json", "accept", "79", "2"});
  CHECK(ran.exit == 1);
  CHECK(ran.json()["accepted"] == nlohmann::json{2});
  CHECK(reasons(ran.json()) == Reasons{{79, none}});

  for (const char* verb : {"accept", "decline"}) {
    ran = run({"--json", verb, "79", "80", "81"});
    CHECK(ran.exit == 3);
    CHECK(reasons(ran.json()) == Reasons{{79, none}, {80, none}, {81, none}});
    CHECK(run({"--json", verb, "@-"}, "79 80").json()["failed"].size() == 2);
    CHECK(run({"--json", verb, "79"}).json()["error"]["name"] == none);
  }
  ran = run({"--json", "queue", "cancel", "1", "2", "79"});
  CHECK(ran.exit == 1);
  CHECK(ran.json()["changed"] == nlohmann::json{2});
  CHECK(reasons(ran.json()) == Reasons{{1, state}, {79, none}});
  ran = run({"--json", "queue", "remove", "2", "79"});
  CHECK(ran.exit == 1);
  CHECK(reasons(ran.json()) == Reasons{{2, state}, {79, none}});

  ran = run({"decline", "79", "80"});  // for people: a line each
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("error: no job 79 (newest is 2)") != std::string::npos);
  CHECK(ran.err.find("error: no job 80 (newest is 2)") != std::string::npos);
}

TEST_CASE("a job that is done shows no error of its way there", "[bus]") {
  FakeDaemon daemon;
  const auto id = daemon.add_job("a", "done");
  daemon.jobs[id]["Error"] =
      sdbus::Struct<std::string, std::string>("org.xmppft.Error.NotOnline", "bob is not online");
  CHECK(run({"--json", "queue", "show", "1"}).json()["jobs"][0]["error"].is_null());
  CHECK(run({"why", "1"}).out.find("not online") == std::string::npos);
  CHECK(run({"queue", "show", "1"}).out.find("not online") == std::string::npos);
  daemon.jobs[id]["State"] = std::string("failed");
  CHECK(run({"why", "1"}).out.find("bob is not online") != std::string::npos);
}

}  // namespace receive_bus_test
