// SPDX-License-Identifier: MIT
#include "data/threads.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace threads_test {

using namespace xmppftd;

TEST_CASE("threads that move bytes stand back for core", "[threads]") {
  const int ours = ::getpriority(PRIO_PROCESS, 0);
  int theirs = 0;
  start_thread("xmppft-test", [&] { theirs = ::getpriority(PRIO_PROCESS, 0); }).join();
  CHECK(theirs == std::min(ours + kBulkNice, 19));
  CHECK(::getpriority(PRIO_PROCESS, 0) == ours);
}

TEST_CASE("threads that move bytes leave every signal to core", "[threads]") {
  sigset_t theirs;
  sigemptyset(&theirs);
  start_thread("xmppft-test", [&] { pthread_sigmask(SIG_BLOCK, nullptr, &theirs); }).join();
  CHECK(sigismember(&theirs, SIGTERM) == 1);
  CHECK(sigismember(&theirs, SIGPIPE) == 1);
}

}  // namespace threads_test
