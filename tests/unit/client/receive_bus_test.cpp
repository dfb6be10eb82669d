// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "fake_daemon.h"
#include "program.h"

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
             "fail"})
            .exit == 0);
  REQUIRE(daemon.rules.size() == 2);
  CHECK(daemon.rules[0].at("directory").get<std::string>() == "file://" + folder.path + "/");
  CHECK(daemon.rules[1].at("max_size").get<std::uint64_t>() == 100u << 20);

  const auto listed = run({"--json", "policy", "list"}).json()["rules"];
  CHECK(listed[0]["directory"] == folder.path + "/");
  CHECK(listed[0]["max_size_bytes"].is_null());
  CHECK(listed[1]["on_exists"] == "fail");
  CHECK(run({"policy", "remove", "3"}).exit == 2);
  CHECK(run({"policy", "remove", "1"}).out == "removed 1 rule, 1 rule left\n");
  CHECK(daemon.rules.at(0).at("from").get<std::string>() == "*@example.org");
}
