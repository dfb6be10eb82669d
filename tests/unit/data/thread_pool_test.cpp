// SPDX-License-Identifier: MIT
#include "data/thread_pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

#include "base/callback.h"

namespace thread_pool_test {

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

/// A file system that does not answer until it is told to.
struct Hang {
  std::promise<void> told;
  std::shared_future<void> answer = told.get_future().share();
  Callback<void()> task() {
    return [answer = answer] { answer.wait(); };
  }
};

}  // namespace

TEST_CASE("threads: tasks that hang do not hold up others, up to a bound", "[threads]") {
  Hang hang;
  ThreadPool pool("xmppft-test", 2, 6);
  for (int i = 0; i < 5; ++i) pool.post(hang.task());
  std::promise<void> ran;
  pool.post([&] { ran.set_value(); });
  CHECK(ran.get_future().wait_for(20s) == std::future_status::ready);
  hang.told.set_value();
}

TEST_CASE("threads: all tasks run, in the order posted where there is one thread", "[threads]") {
  std::vector<int> order;
  std::promise<void> last;
  {
    ThreadPool pool("xmppft-test", 1, 1);
    for (int i = 0; i < 1000; ++i) pool.post([&order, i] { order.push_back(i); });
    pool.post([&] { last.set_value(); });
    last.get_future().wait();
  }
  REQUIRE(order.size() == 1000);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("threads: the end is not later than asked for, whatever hangs", "[threads]") {
  Hang hang;
  auto* pool = new ThreadPool("xmppft-test", 2);  // left to its thread if it hangs
  pool->post(hang.task());
  bool destroyed = false;
  struct Mark {
    bool& mark;
    ~Mark() { mark = true; }
  };
  std::promise<void> begun;
  pool->post([&, mark = std::make_shared<Mark>(destroyed)] { begun.set_value(); });
  begun.get_future().wait();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(pool->end(start + 100ms));
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  pool->post([] { FAIL("after the end"); });
  hang.told.set_value();
  CHECK(pool->end(std::chrono::steady_clock::now() + 20s));
  CHECK(destroyed);
  delete pool;
}

}  // namespace thread_pool_test
