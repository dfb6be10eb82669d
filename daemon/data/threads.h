// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <thread>
#include <utility>

namespace xmppftd {

/// How much worse than core's is the claim of a thread that moves or hashes file bytes: with all
/// processors busy at it, a D-Bus call or a stanza must still be served at once.
constexpr int kBulkNice = 10;

/// A thread that takes no signal, so that all of them (SIGTERM, and SIGPIPE of sendfile) stay with
/// core, and that stands back for it. `name` shows in ps and gdb; at most 15 characters.
template <class F>
std::thread start_thread(const char* name, F&& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([body = std::forward<F>(body)]() mutable {
    // Linux: of this thread alone
    ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kBulkNice);
    body();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace xmppftd
