// SPDX-License-Identifier: MIT
#include "uv/host_watch.h"

#include <sched.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

namespace host_watch_test {

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

int run_ip(const std::string& words) {
  return std::system(("ip " + words + " 2>/dev/null").c_str());
}

struct World {
  Loop loop;
  int changes = 0;
  HostWatch watch{loop, [this] { ++changes; }};

  void pass(std::chrono::milliseconds time) {
    auto end = loop.after(time, [this] { loop.stop(); });
    loop.run();
  }
};

/// On a thread with a network of its own. Returns false where there can be none.
bool in_own_network(const std::function<void()>& play) {
  bool possible = false;
  std::thread thread([&] {
    possible = ::unshare(CLONE_NEWNET) == 0 && run_ip("link set lo up") == 0;
    if (possible) play();
  });
  thread.join();
  return possible;
}

}  // namespace

TEST_CASE("host watch: tells of addresses that come and go, once for a burst", "[host_watch]") {
  const bool possible = in_own_network([] {
    World world;
    world.pass(100ms);
    CHECK(world.changes == 0);
    run_ip("address add 192.0.2.1/32 dev lo");
    run_ip("address add 192.0.2.2/32 dev lo");
    world.pass(HostWatch::kSettled + 500ms);
    CHECK(world.changes == 1);
    run_ip("address del 192.0.2.1/32 dev lo");
    world.pass(HostWatch::kSettled + 500ms);
    CHECK(world.changes == 2);
  });
  if (!possible) WARN("needs root and ip, for a network of its own");
}

TEST_CASE("host watch: what is as it was is no change", "[host_watch]") {
  in_own_network([] {
    World world;
    run_ip("address add 192.0.2.1/32 dev lo");
    run_ip("address del 192.0.2.1/32 dev lo");
    world.pass(HostWatch::kSettled + 500ms);
    CHECK(world.changes == 0);
  });
}

}  // namespace host_watch_test
