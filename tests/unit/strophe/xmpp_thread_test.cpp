// SPDX-License-Identifier: MIT
#include "strophe/xmpp_thread.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "strophe/edge_watch.h"
#include "strophe/lifeline.h"
#include "strophe/low_fds.h"
#include "strophe/outbox.h"
#include "uv/loop.h"

namespace xmpp_thread_test {

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

struct Recorder final : XmppLink::Handler {
  explicit Recorder(Loop& core) : loop(core) {}
  void on_up(const Jid&) override { FAIL("up without a server"); }
  void on_stanza(Element) override { FAIL("a stanza without a server"); }
  void on_step(std::string step) override { steps.push_back(std::move(step)); }
  void on_down(Down why) override {
    downs.push_back(std::move(why));
    loop.stop();
  }
  Loop& loop;
  std::vector<Down> downs;
  std::vector<std::string> steps;
};

/// A login that ends before anything is sent: the domain is an address, the ca_file is not there.
Login doomed() {
  return {.jid = *Jid::parse("ann@127.0.0.1/r"),
          .password = Secret(std::string("secret")),
          .host = "",
          .ca_file = "/nonexistent/ca.pem",
          .pin = ""};
}

struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  UniqueFd ours, theirs;
};

}  // namespace

TEST_CASE("link: a failed login is told once, and another can be made", "[strophe]") {
  Loop core;
  Recorder recorder(core);
  XmppThread thread(core, core);
  const auto link = thread.make(recorder);
  link->send("<presence/>");  // down: ignored
  for (int attempt = 1; attempt <= 2; ++attempt) {
    link->connect(doomed());
    CHECK(recorder.downs.size() == static_cast<std::size_t>(attempt - 1));  // never from inside
    core.run();
    REQUIRE(recorder.downs.size() == static_cast<std::size_t>(attempt));
    CHECK(recorder.downs.back().reason == AccountReason::CaFile);
    CHECK(recorder.downs.back().detail.find("/nonexistent/ca.pem") != std::string::npos);
  }
}

TEST_CASE("link: close while connecting ends as cancelled", "[strophe]") {
  Loop core;
  Recorder recorder(core);
  XmppThread thread(core, core);
  const auto link = thread.make(recorder);
  link->connect(doomed());
  link->close();
  core.run();
  REQUIRE(recorder.downs.size() == 1);
  CHECK(recorder.downs[0].reason == AccountReason::User);
}

TEST_CASE("link: nothing is told of a link that is gone", "[strophe]") {
  Loop core;
  Recorder gone(core);
  Recorder recorder(core);
  XmppThread thread(core, core);
  auto first = thread.make(gone);
  first->connect(doomed());
  first.reset();
  const auto second = thread.make(recorder);
  second->connect(doomed());
  core.run();
  CHECK(recorder.downs.size() == 1);
  CHECK(gone.downs.empty());
}

TEST_CASE("thread: ends with logins under way, and their reports find nobody", "[strophe]") {
  Loop core;
  Recorder recorder(core);
  {
    XmppThread thread(core, core);
    const auto link = thread.make(recorder);
    link->connect(doomed());
  }
  core.run_pending();
  CHECK(recorder.downs.empty());
}

TEST_CASE("lifeline: only a call that has taken too long is cut", "[strophe]") {
  Lifeline line;
  Pair pair;
  CHECK_FALSE(line.cut_if_stuck(0ms));  // nobody is inside
  {
    const Lifeline::Inside inside(line, pair.ours.get());
    CHECK_FALSE(line.cut_if_stuck(1h));
    CHECK_FALSE(line.was_cut());
    CHECK(line.cut_if_stuck(0ms));
  }
  CHECK(line.was_cut());
  char byte;
  CHECK(read(pair.theirs.get(), &byte, 1) == 0);  // the end of the connection
  const Lifeline::Inside inside(line, pair.theirs.get());
  CHECK_FALSE(line.was_cut());
  line.hold(-1);
  CHECK_FALSE(line.cut_if_stuck(0ms));  // the number may be another's by now
}

TEST_CASE("edges: one waking for data, none for an idle socket", "[strophe]") {
  Loop loop;
  EdgePoll poll(loop);
  int woken = 0;
  EdgeWatch watch(poll, [&] { ++woken; });
  Pair pair;
  REQUIRE(watch.watch(pair.ours.get()));
  CHECK(watch.fd() != pair.ours.get());
  loop.run_pending();
  CHECK(woken == 1);  // writable, once
  loop.run_pending();
  CHECK(woken == 1);

  REQUIRE(write(pair.theirs.get(), "ab", 2) == 2);
  loop.run_pending();
  CHECK(woken == 2);
  CHECK((watch.ready(POLLIN) & POLLIN) != 0);
  loop.run_pending();
  CHECK(woken == 2);

  watch.drop();
  REQUIRE(write(pair.theirs.get(), "c", 1) == 1);
  loop.run_pending();
  CHECK(woken == 2);
  CHECK(watch.ready(POLLIN) == 0);
}

TEST_CASE("edges: a waking may end the other watches", "[strophe]") {
  Loop loop;
  EdgePoll poll(loop);
  Pair pairs[2];
  std::unique_ptr<EdgeWatch> watches[2];
  int woken = 0;
  for (int i : {0, 1}) {
    watches[i] = std::make_unique<EdgeWatch>(poll, [&] {
      ++woken;
      for (auto& watch : watches) watch.reset();
    });
    REQUIRE(watches[i]->watch(pairs[i].ours.get()));
  }
  loop.run_pending();
  CHECK(woken == 1);
}

TEST_CASE("soon: many asks are one call", "[strophe]") {
  Loop loop;
  int calls = 0;
  Soon soon(loop, [&] { ++calls; });
  soon.ask();
  soon.ask();
  CHECK(calls == 0);
  loop.run_pending();
  loop.run_pending();
  CHECK(calls == 1);
}

TEST_CASE("outbox: short stanzas go in batches of a TLS record, long ones alone", "[strophe]") {
  Outbox box;
  REQUIRE(box.push(std::string(10'000, 'a')));
  REQUIRE(box.push(std::string(6'384, 'b')));
  REQUIRE(box.push(std::string(1, 'c')));
  REQUIRE(box.push(std::string(90'000, 'd')));
  CHECK(box.pop_batch() == std::string(10'000, 'a') + std::string(6'384, 'b'));
  CHECK(box.pop_batch() == "c");
  CHECK(box.pop_batch().size() == 90'000);
  CHECK(box.empty());
}

TEST_CASE("outbox: full at 4 MiB or 1,000 stanzas (ST7)", "[strophe]") {
  Outbox large;
  REQUIRE(large.push(std::string(4 * 1024 * 1024 - 1, 'x')));
  REQUIRE(large.push("x"));
  CHECK_FALSE(large.push("x"));
  large.pop_batch();
  CHECK(large.push("x"));

  Outbox many;
  for (int i = 0; i < 1000; ++i) REQUIRE(many.push("x"));
  CHECK_FALSE(many.push("x"));
}

TEST_CASE("low descriptors: room is made and taken back", "[strophe]") {
  LowFds fds;
  REQUIRE(fds.make_room());
  const UniqueFd socket_of_libstrophe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(LowFds::fits(socket_of_libstrophe.get()));
  CHECK_FALSE(LowFds::fits(1024));
  CHECK_FALSE(LowFds::fits(-1));
  while (fds.make_room()) {
  }
  fds.refill();
  CHECK(fds.make_room());
}

}  // namespace xmpp_thread_test
