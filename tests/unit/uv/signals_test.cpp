// SPDX-License-Identifier: MIT
#include "uv/signals.h"

#include <catch2/catch.hpp>
#include <csignal>

namespace signals_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("signals: TERM and INT stop, HUP reloads, PIPE is ignored", "[signal]") {
  Loop loop;
  std::string got;
  Signals signals(loop, {[&] {
                           got += 's';
                           loop.stop();
                         },
                         [&] {
                           got += 'r';
                           loop.stop();
                         }});
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    ::raise(number);
    loop.run();
  }
  CHECK(got == "srs");
  ::raise(SIGPIPE);
  loop.run_pending();
  CHECK(got == "srs");
}

TEST_CASE("signals: a handler may end the watching", "[signal]") {
  Loop loop;
  std::unique_ptr<Signals> signals;
  signals = std::make_unique<Signals>(loop, Signals::Handlers{[&] {
                                                                signals.reset();
                                                                loop.stop();
                                                              },
                                                              {}});
  ::raise(SIGTERM);
  loop.run();
  CHECK(signals == nullptr);
}

}  // namespace signals_test
