// SPDX-License-Identifier: MIT
#include "uv/background.h"

#include <catch2/catch.hpp>

#include "uv/loop.h"

namespace background_test {

using namespace xmppftd;

TEST_CASE("background: work runs elsewhere in order, then comes home", "[background]") {
  Loop loop;
  BackgroundThread background(loop);
  std::string story;
  const auto home = std::this_thread::get_id();
  background.run([&] { story += std::this_thread::get_id() == home ? "home " : "away "; },
                 [&] { story += "then1 "; });
  background.run([] {},
                 [&] {
                   story += std::this_thread::get_id() == home ? "then2" : "lost";
                   loop.stop();
                 });
  loop.run();
  CHECK(story == "away then1 then2");
}

TEST_CASE("background: work begun is finished, but nobody is told after the end", "[background]") {
  Loop loop;
  bool worked = false;
  bool told = false;
  {
    BackgroundThread background(loop);
    background.run([&] { worked = true; }, [&] { told = true; });
  }
  loop.run_pending();
  CHECK(worked);
  CHECK_FALSE(told);
}

}  // namespace background_test
