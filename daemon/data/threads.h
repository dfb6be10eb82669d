// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace xmppftd {

/// A thread that takes no signal, so that all of them (SIGTERM, and SIGPIPE of sendfile) stay with
/// core. `name` shows in ps and gdb; at most 15 characters.
template <class F>
std::thread start_thread(const char* name, F&& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::forward<F>(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace xmppftd
