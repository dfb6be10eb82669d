// SPDX-License-Identifier: MIT
#include <signal.h>

#include <catch2/catch.hpp>

#include "fake_daemon.h"
#include "program.h"

namespace wait_bus_test {

TEST_CASE("waiting for what has finished answers at once", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "done");
  const auto ran = run({"queue", "wait", "1"});
  CHECK(ran.exit == 0);
  CHECK(ran.out == "1 finished: 1 done\n");
}

TEST_CASE("off a terminal each change of state is one line, and the end is exit 4 if one failed",
          "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "queued");
  daemon.on_wait = [&] {
    daemon.move(1, "active");
    daemon.move(1, "done");
    daemon.move(2, "failed", "declined");
  };
  const auto ran = run({"queue", "wait", "@b1"});
  CHECK(ran.exit == 4);
  CHECK(ran.out == "2 finished: 1 done, 1 failed (2 declined)\n");
  CHECK(ran.err.find("1 a: done\n") != std::string::npos);
  CHECK(ran.err.find("2 b: failed, declined\n") != std::string::npos);
  CHECK(ran.err.find("hint: xmppftctl why 2\n") != std::string::npos);
}

TEST_CASE("a job that the daemon cannot bring to an end does not count as done", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.on_wait = [&] { daemon.move(1, "sleeping"); };
  const auto ran = run({"queue", "wait", "1"});
  CHECK(ran.exit == 4);
  CHECK(ran.out == "0 finished\n");
}

TEST_CASE("send --wait tells the result; --json holds the jobs as they ended", "[bus]") {
  FakeDaemon daemon;
  daemon.on_wait = [&] { daemon.move(daemon.jobs.rbegin()->first, "done"); };
  const auto ran = run({"send", "/etc/passwd", "--to", "bob@x", "--wait"});
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("passwd  1.0 KiB  done") != std::string::npos);
  const auto json = run({"--json", "send", "/etc/passwd", "--to", "bob@x", "--wait"});
  CHECK(json.err.empty());
  CHECK(json.json()["jobs"][0]["state"] == "done");
}

TEST_CASE("--any and --started end the wait early", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.add_job("b", "done");
  CHECK(run({"queue", "wait", "1-2", "--any"}).out == "1 finished: 1 done\n");
  daemon.move(1, "active");
  CHECK(run({"queue", "wait", "1", "--started"}).exit == 0);
}

TEST_CASE("--timeout is exit 124", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  const auto ran = run({"queue", "wait", "1", "--timeout", "200ms"});
  CHECK(ran.exit == 124);
  CHECK(ran.err.find("--timeout passed; the jobs go on") != std::string::npos);
}

TEST_CASE("Ctrl-C is exit 130, and the jobs go on", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  Program program({"queue", "wait", "1"});
  daemon.await_waits(1);
  program.signal(SIGINT);
  const auto ran = program.wait();
  CHECK(ran.exit == 130);
  CHECK(ran.err.find("interrupted; jobs go on") != std::string::npos);
  CHECK(daemon.log.empty());
}

TEST_CASE("a daemon that goes away ends the wait with exit 5", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  Program program({"-q", "queue", "wait", "1"});  // quiet: once it waits it asks nothing more
  daemon.await_waits(1);
  daemon.crash();
  const auto ran = program.wait();
  CHECK(ran.exit == 5);
  CHECK(ran.err.find("its jobs are on disk") != std::string::npos);
}

TEST_CASE("watch --json is one object a line, until its jobs have ended", "[bus]") {
  FakeDaemon daemon;
  daemon.add_job("a", "queued");
  daemon.on_wait = [&] { daemon.move(1, "done"); };
  const auto ran = run({"--json", "queue", "watch", "1"});
  CHECK(ran.exit == 0);
  REQUIRE(ran.out.ends_with("\n"));
  const auto last =
      nlohmann::json::parse(ran.out.substr(ran.out.rfind('\n', ran.out.size() - 2) + 1));
  CHECK(last["schema"] == "xmppftctl/1");
  CHECK(last["job"]["state"] == "done");
}

}  // namespace wait_bus_test
