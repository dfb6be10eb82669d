// SPDX-License-Identifier: MIT
#include "uv/loop.h"

#include <catch2/catch.hpp>
#include <thread>

namespace loop_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("loop: tasks posted by another thread run here, in order", "[loop]") {
  Loop loop;
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("loop: a timer fires once, and not after it was destroyed", "[loop]") {
  Loop loop;
  int fired = 0;
  auto first = loop.after(1ms, [&] { ++fired; });
  auto second = loop.after(1ms, [&] { fired += 100; });
  second.reset();
  auto last = loop.after(5ms, [&] { loop.stop(); });
  CHECK(fired == 0);
  loop.run();
  CHECK(fired == 1);
}

TEST_CASE("loop: a timer may destroy itself while it fires", "[loop]") {
  Loop loop;
  std::unique_ptr<Timer> timer;
  timer = loop.after(0ms, [&] {
    timer.reset();
    loop.stop();
  });
  loop.run();
  CHECK(timer == nullptr);
}

TEST_CASE("loop: tasks left when it dies are destroyed unrun", "[loop]") {
  auto witness = std::make_shared<int>(0);
  {
    Loop loop;
    loop.post([witness] { ++*witness; });
  }
  CHECK(*witness == 0);
  CHECK(witness.use_count() == 1);
}

}  // namespace loop_test
