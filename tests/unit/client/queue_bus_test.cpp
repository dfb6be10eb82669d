// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fake_daemon.h"
#include "program.h"

namespace queue_bus_test {

namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "client-test-XXXXXX").string();
    path = fs::canonical(::mkdtemp(name.data())).string();
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const std::string& name) const {
    std::ofstream(path + "/" + name) << std::string(1024, 'x');
    return path + "/" + name;
  }
  std::string path;
};

}  // namespace

TEST_CASE("send queues files for recipients, with its options", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto ran = run({"send", folder.file("a b.txt"), folder.file("c"), "--to", "bob@example.net",
                        "--to", "cy@x/y", "--priority", "-5", "--description", "hi", "--method",
                        "si-socks5/proxy,si-ibb"});
  CHECK(ran.err.empty());
  CHECK(ran.exit == 0);
  CHECK(ran.out == "batch b1: 4 jobs queued (1-4), 4.0 KiB to bob@example.net, cy@x/y\n");
  REQUIRE(daemon.sent.size() == 1);
  const auto& call = daemon.sent[0];
  CHECK(call.uris == std::vector<std::string>{"file://" + folder.path + "/a%20b.txt",
                                              "file://" + folder.path + "/c"});
  CHECK(call.recipients == std::vector<std::string>{"bob@example.net", "cy@x/y"});
  CHECK(call.options.at("priority").get<std::int32_t>() == -5);
  CHECK(call.options.at("description").get<std::string>() == "hi");
  CHECK(call.options.at("methods").get<std::vector<std::string>>() ==
        std::vector<std::string>{"si-socks5/proxy", "si-ibb"});
}

TEST_CASE("send says from which account, where it was picked among several", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto file = folder.file("a");
  daemon.picks = {{"cy@x", "2"}};
  CHECK(run({"send", file, "--to", "bob@x"}).err.empty());  // the only one
  daemon.add_account("2", "ann@work.example");
  const auto by_one = run({"send", file, file, "--to", "cy@x"});
  CHECK(by_one.err == "sending as ann@work.example (account 2)\n");
  CHECK(by_one.out.starts_with("batch b1: 2 jobs queued"));
  CHECK(run({"send", file, "--to", "bob@x", "--to", "cy@x", "--to", "di@x"}).err ==
        "sending as ann@example.org (account 1) to bob@x, di@x\n"
        "sending as ann@work.example (account 2) to cy@x\n");
  CHECK(run({"send", "-", "--name", "n", "--to", "cy@x"}, "hello").err ==
        "sending as ann@work.example (account 2)\n");
  CHECK(run({"--account", "2", "send", file, "--to", "cy@x"}).err.empty());  // it was named
  CHECK(run({"-q", "send", file, "--to", "cy@x"}).err.empty());
  const auto json = run({"--json", "send", file, "--to", "bob@x", "--to", "cy@x"}).json();
  CHECK(json["accounts"] == nlohmann::json::parse(R"([
    {"id": "1", "jid": "ann@example.org", "recipients": ["bob@x"]},
    {"id": "2", "jid": "ann@work.example", "recipients": ["cy@x"]}])"));
}

TEST_CASE("send succeeds where only the account that was picked cannot be told", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto file = folder.file("a");
  daemon.add_account("2", "ann@work.example");
  daemon.list_error = "org.freedesktop.DBus.Error.NoReply";
  const auto human = run({"send", file, "--to", "bob@x"});
  CHECK(human.exit == 0);
  CHECK(human.err.empty());
  CHECK(human.out.starts_with("batch b1: 1 job queued"));
  const auto json = run({"--json", "send", file, "--to", "bob@x"});
  CHECK(json.exit == 0);
  CHECK(json.json()["ids"] == nlohmann::json{2});
  CHECK(json.json()["accounts"].is_null());
}

TEST_CASE("-q prints ids, --json one document", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto file = folder.file("a");
  CHECK(run({"-q", "send", file, "--to", "bob@x"}).out == "1\n");
  const auto json = run({"queue", "add", file, "--to", "bob@x", "--json"}).json();
  CHECK(json["schema"] == "xmppftctl/1");
  CHECK(json["batch"] == "b1");
  CHECK(json["ids"] == nlohmann::json{2});
}

TEST_CASE("what this program opened is what crosses, under the name that was typed", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto real = folder.file("real.bin");
  fs::create_symlink(real, folder.path + "/link.bin");
  CHECK(run({"send", folder.path + "/link.bin", real, "--to", "bob@x"}).exit == 0);
  CHECK(run({"send", real, "--to", "bob@x", "--name", "other"}).exit == 0);
  REQUIRE(daemon.sent.size() == 2);
  CHECK(daemon.sent[0].names == std::vector<std::string>{"link.bin", "real.bin"});
  CHECK(daemon.sent[0].uris == std::vector<std::string>(2, "file://" + real));
  CHECK(daemon.sent[0].contents == std::vector<std::string>(2, std::string(1024, 'x')));
  CHECK(daemon.sent[1].names == std::vector<std::string>{"other"});
}

TEST_CASE("thousands of files are one order, or none", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  std::vector<std::string> words = {"send", "--to", "bob@x"};
  for (int i = 0; i < 2500; ++i) words.push_back(folder.file("f" + std::to_string(i)));
  SECTION("all") {
    const auto ran = run(words);
    CHECK(ran.exit == 0);
    CHECK(ran.out.find("2500 jobs queued (1-2500)") != std::string::npos);
    REQUIRE(daemon.sent.size() == 1);
    CHECK(daemon.sent[0].uris.size() == 2500);
    for (const auto count : daemon.sent[0].calls) CHECK(count <= 16);
  }
  SECTION("none") {
    daemon.refuse_after = 2000;
    const auto ran = run(words);
    CHECK(ran.exit == 1);
    CHECK(ran.err.find("too many of them") != std::string::npos);
    CHECK(daemon.sent.empty());
    CHECK(daemon.jobs.empty());
  }
}

TEST_CASE("one bad file and nothing reaches the daemon", "[bus]") {
  FakeDaemon daemon;
  const Folder folder;
  const auto ran = run({"send", folder.file("good"), folder.path + "/none", "--to", "bob@x"});
  CHECK(ran.exit == 7);
  CHECK(ran.err.find("/none: No such file or directory") != std::string::npos);
  CHECK(daemon.sent.empty());
}

TEST_CASE("send without --to names who is online", "[bus]") {
  FakeDaemon daemon;
  daemon.contacts = {{{"jid", std::string("bob@example.net")}, {"online", true}}};
  const Folder folder;
  const auto ran = run({"send", folder.file("a")});
  CHECK(ran.exit == 2);
  CHECK(ran.err.find("xmppftctl: error: --to is needed; online: bob@example.net\n") == 0);
}

TEST_CASE("standard input crosses as a descriptor", "[bus]") {
  FakeDaemon daemon;
  CHECK(run({"send", "-", "--to", "bob@x"}, "hello").exit == 2);
  CHECK(run({"send", "-", "--to", "bob@x", "--name", "x.txt"}, "hello").exit == 0);
  REQUIRE(daemon.sent.size() == 1);
  CHECK(daemon.sent[0].uris == std::vector<std::string>{"x.txt"});
  CHECK(daemon.sent[0].contents == std::vector<std::string>{"hello"});
  CHECK(daemon.sent[0].options.count("name") == 0);
}

TEST_CASE("a list can be cut, chosen and read by programs", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a\033[2J.txt", "queued");
  daemon.add_job("b.txt", "done");
  daemon.add_job("c.txt", "active");
  CHECK(run({"--plain", "queue", "list", "--columns", "id,state,name"}).out ==
        "3\tactive\tc.txt\n2\tdone\tb.txt\n1\tqueued\ta[2J.txt\n");
  CHECK(run({"-q", "queue", "list", "--state", "done,active"}).out == "3\n2\n");
  const auto page = run({"--json", "queue", "list", "--rows", "2"}).json();
  CHECK(page["jobs"].size() == 2);
  const auto rest =
      run({"--json", "queue", "list", "--cursor", page["next"].get<std::string>()}).json();
  CHECK(rest["jobs"][0]["name"] == "a\033[2J.txt");
  CHECK(rest["next"].is_null());
  CHECK(run({"queue", "list", "--columns", "colour"}).exit == 2);
  CHECK(run({"queue", "list", "--state", "doen"}).err.find("did you mean 'done'?") !=
        std::string::npos);
}

TEST_CASE("a job that is not there is exit 3 and names the newest", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  const auto ran = run({"queue", "show", "99"});
  CHECK(ran.exit == 3);
  CHECK(ran.err == "xmppftctl: error: no job 99 (newest is 1)\nhint: xmppftctl queue list\n");
  const auto json = run({"--json", "queue", "show", "99"});
  CHECK(json.exit == 3);
  CHECK(json.json()["error"]["name"] == "org.xmppft.Error.NoSuchJob");
  CHECK(json.json()["error"]["exit"] == 3);
}

TEST_CASE("jobs are named by range, batch, @last and standard input", "[bus]") {
  FakeDaemon daemon;
  for (const char* name : {"a", "b", "c"}) daemon.add_job(name, "queued");
  daemon.add_job("offer", "offered", "in");
  const auto shown = [](const std::vector<std::string>& words, const std::string& input = "") {
    std::vector<std::string> arguments = {"--json", "queue", "show"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::vector<int> ids;
    const auto answer = run(arguments, input).json();
    for (const auto& job : answer["jobs"]) ids.push_back(job["id"]);
    return ids;
  };
  CHECK(shown({"2-9", "1", "2"}) == std::vector<int>{1, 2, 3, 4});
  CHECK(shown({"@b1"}) == std::vector<int>{1, 2, 3});
  CHECK(shown({"@last"}) == std::vector<int>{1, 2, 3});  // the newest send, not the newest offer
  CHECK(shown({"@-"}, "3\n1\n") == std::vector<int>{3, 1});
  CHECK(run({"queue", "show", "@nope"}).exit == 3);
  CHECK(run({"queue", "show", "x"}).exit == 2);
}

TEST_CASE("cancel: bare is refused, in part is exit 1", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "done");
  const auto bare = run({"queue", "cancel"});
  CHECK(bare.exit == 2);
  CHECK(bare.err.find("name jobs to cancel, or use --all") != std::string::npos);
  const auto part = run({"queue", "cancel", "1", "2"});
  CHECK(part.exit == 1);
  CHECK(part.out == "cancelled 1 job (1)\n");
  CHECK(part.err.find("job 2: it is done") != std::string::npos);
  CHECK(run({"queue", "cancel", "--all", "--yes"}).out == "cancelled 1 job (1)\n");
  const auto removed = run({"--json", "queue", "remove", "--state", "done", "--yes"}).json();
  CHECK(removed["changed"] == nlohmann::json{2});
  CHECK(daemon.log == std::vector<std::string>{"cancel 1 2", "cancel 1", "remove 2"});
}

TEST_CASE("what would ask is refused where nobody can be asked", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "done");
  using Words = std::vector<std::string>;
  const auto words = GENERATE(
      Words{"queue", "cancel", "--all"}, Words{"queue", "remove", "--state", "done"},
      Words{"--json", "queue", "remove", "--all"}, Words{"queue", "cancel", "--state", "paused"},
      Words{"account", "remove", "1"}, Words{"--json", "account", "remove", "1"});
  CAPTURE(words);
  const auto ran = run(words);
  CHECK(ran.exit == 2);
  CHECK((ran.out + ran.err).find("add --yes") != std::string::npos);
  CHECK(daemon.log.empty());
  auto meant = words;
  meant.push_back("--yes");
  CHECK(run(meant).exit == 0);
  CHECK(daemon.log.size() == (words.back() == "paused" ? 0 : 1));
}

TEST_CASE("what was typed and cannot be meant is refused, and nothing is queued", "[bus]") {
  FakeDaemon daemon;
  daemon.contacts = {{{"jid", std::string("bob@example.net")}, {"name", std::string("Bobby")}},
                     {{"jid", std::string("printer")}, {"name", std::string()}}};
  const Folder folder;
  const auto file = folder.file("a");
  const auto refused = [&](std::vector<std::string> more, const char* says) {
    more.insert(more.begin(), {"send", file});
    const auto ran = run(more);
    CAPTURE(more, ran.err);
    CHECK(ran.exit == 2);
    CHECK(ran.err.find(says) != std::string::npos);
  };
  for (const char* bad : {"", ".", "..", "a/b", "a\nb", "\x7f"})
    refused({"--to", "bob@x", "--name", bad}, "names no file");
  for (const char* bad : {"", "si-ibb,,", ",si-ibb"})
    refused({"--to", "bob@x", "--method", bad}, "one is empty");
  refused({"--to", "bob@x", "--to", "bob@x"}, "--to 'bob@x' is given twice");
  refused({"--to", "bob"}, "did you mean bob@example.net?");
  refused({"--to", "Bobby"}, "did you mean bob@example.net?");
  refused({"--to", "cy/phone"}, "a JID is user@domain");
  CHECK(run({"contacts", "add", "bob"}).exit == 2);
  CHECK(run({"policy", "add", "--from", "bob"}).exit == 2);
  CHECK(daemon.sent.empty());
  for (const char* good : {"transport.example.org", "printer", "example.org", "cy@localhost"})
    CHECK(run({"send", file, "--to", good}).exit == 0);
  CHECK(run({"send", "", "--to", "bob@x"}).err.find("'': No such file") != std::string::npos);
}

TEST_CASE("jobs that a selector meant and that ended meanwhile are nobody's error", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "active");
  daemon.add_job("b", "active");
  daemon.add_job("c", "done");
  daemon.on_control = [&] { daemon.jobs[1]["State"] = std::string("done"); };
  using Words = std::vector<std::string>;
  const auto words = GENERATE(Words{"--all", "--yes"}, Words{"--peer", "bob@example.net", "--yes"},
                              Words{"@b1"}, Words{"@last"}, Words{"1-3"});
  const auto command = [&](const char* verb) {
    std::vector<std::string> line = {"queue", verb};
    line.insert(line.end(), words.begin(), words.end());
    return run(line);
  };
  CAPTURE(words);
  const auto cancelled = command("cancel");
  CHECK(cancelled.exit == 0);
  CHECK(cancelled.err.empty());
  CHECK(cancelled.out == "cancelled 1 job (2)\n");
  daemon.jobs[2]["State"] = std::string("active");
  daemon.on_control = nullptr;
  const auto removed = command("remove");
  CHECK(removed.exit == 0);
  CHECK(removed.err.empty());
  CHECK(removed.out == "removed 2 jobs (1, 3)\n");
  CHECK(run({"queue", "cancel", "1-3", "1"}).exit == 1);  // the one that was spelled out
}

TEST_CASE("cancel and remove mean the jobs that were listed, not those that came since", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "done");
  daemon.add_job("c", "queued");
  daemon.add_job("d", "done");
  daemon.on_control = [&] {
    for (const std::uint64_t job : {1, 2}) {
      daemon.jobs[job + 4] = daemon.jobs[job];
      daemon.jobs[job + 4]["Id"] = job + 4;
    }
  };
  SECTION("cancel") {
    CHECK(run({"queue", "cancel", "--all", "--yes"}).out == "cancelled 2 jobs (1, 3)\n");
  }
  SECTION("remove") {
    CHECK(run({"queue", "remove", "--all", "--yes"}).out == "removed 2 jobs (2, 4)\n");
  }
}

TEST_CASE("why tells the story", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "offered");
  CHECK(run({"--json", "why", "1"}).json()["jobs"][0]["history"][0]["detail"] ==
        "to bob@example.net/phone");
  CHECK(run({"why", "1"}).out.find("job 1, a to bob@example.net: offered\n") == 0);
}

TEST_CASE("why says what a job waits for, and when it is tried again", "[bus]") {
  FakeDaemon daemon;
  const auto set = [&](const std::string& direction, const std::string& state,
                       const std::string& reason) {
    daemon.jobs[1]["Direction"] = direction;
    daemon.jobs[1]["State"] = state;
    daemon.jobs[1]["StateReason"] = reason;
  };
  daemon.add_job("a", "queued");
  const auto [direction, state, reason, words] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"out", "queued", "waiting-slot", "its turn"},
          {"out", "queued", "waiting-account", "its account to be online"},
          {"out", "queued", "waiting-peer", "bob@example.net"},
          {"out", "offered", "awaiting-peer", "bob@example.net to take the file"},
          {"in", "offered", "awaiting-user", "xmppftctl accept 1, or decline 1"},
          {"in", "offered", "waiting-slot", "other files that rules took"},
          {"in", "queued", "waiting-peer", "bob@example.net to offer the file again"},
          {"out", "active", "stalled", "bytes to move"},
          {"in", "paused", "disk-low", "room in its folder"},
          {"in", "verifying", "awaiting-folder", "its folder to be usable"},
      }));
  CAPTURE(direction, state, reason);
  set(direction, state, reason);
  const auto out = run({"why", "1"}).out;
  CHECK(out.find("\nwaits for ") != std::string::npos);
  CHECK(out.find(words) != std::string::npos);
  CHECK(out.find("next attempt") == std::string::npos);
  CHECK(run({"--json", "why", "1"}).json()["jobs"][0]["waits_for"].get<std::string>().find(words) !=
        std::string::npos);
}

TEST_CASE("why names the folder where an offer waits for that, not for other files", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "offered", "in");
  daemon.jobs[1]["StateReason"] = std::string("waiting-slot");
  daemon.jobs[1]["Error"] =
      sdbus::Struct<std::string, std::string>("org.xmppft.Error.Job.Io", "/in: no memory");
  const auto out = run({"why", "1"}).out;
  CHECK(out.find(": /in: no memory\nwaits for its folder to be usable") != std::string::npos);
  CHECK(out.find("other files") == std::string::npos);
}

TEST_CASE("why says when a job in backoff is tried again, and nothing of one that ended", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "done");
  daemon.jobs[1]["StateReason"] = std::string("backoff");
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  daemon.jobs[1]["NextAttemptAt"] =
      static_cast<std::uint64_t>((now + std::chrono::minutes(30)).count());
  const auto out = run({"why", "1"}).out;
  CHECK(out.find("\nwaits for the next attempt, in ") != std::string::npos);
  CHECK((out.find(" in 29 min (at ") != std::string::npos ||
         out.find(" in 30 min (at ") != std::string::npos));
  const auto json = run({"--json", "why", "1-2"}).json()["jobs"];
  CHECK(json[0]["waits_for"].get<std::string>().starts_with("the next attempt"));
  CHECK(json[0]["job"]["next_attempt_at"].is_string());
  CHECK(json[1]["waits_for"].is_null());
  CHECK(run({"why", "2"}).out.find("waits for") == std::string::npos);
}

TEST_CASE("no daemon is exit 5, with how to start it", "[bus]") {
  const auto ran = run({"status"});
  CHECK(ran.exit == 5);
  CHECK(ran.err.find("xmppftd is not running") != std::string::npos);
  CHECK(ran.err.find("hint: start it: systemctl --user start xmppftd") != std::string::npos);
  CHECK(run({"--no-autostart", "queue", "list"}).exit == 5);
}

}  // namespace queue_bus_test
