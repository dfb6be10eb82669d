// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <catch2/catch.hpp>

#include "sqlite/journal_file.h"

namespace xmppftd {

/// What becomes of this process at its k-th statement or write: SQLite's calls go through here.
class DiskFault {
 public:
  enum Kind {
    KillAtStatement,
    KillAtWrite,
    KillAtHalfWrite,
    KillAtStep,  ///< a rename, an fsync or an unlink
    Full,        ///< ENOSPC, from then on
    Broken       ///< EIO, once
  };
  static void strike(Kind kind, int encounter) {
    left_ = encounter;
    kind_ = kind;
    if (kind == KillAtStep) return;
    if (kind == KillAtStatement) {
      ::sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch));
      return;
    }
    sqlite3_vfs* vfs = ::sqlite3_vfs_find(nullptr);
    for (const char* name : {"write", "pwrite", "pwrite64", "ftruncate"}) {
      if (vfs->xGetSystemCall(vfs, name) == nullptr) continue;
      const std::string_view call(name);
      sqlite3_syscall_ptr ours = nullptr;
      if (call == "write")
        ours = reinterpret_cast<sqlite3_syscall_ptr>(&write);
      else if (call == "ftruncate")
        ours = reinterpret_cast<sqlite3_syscall_ptr>(&truncate);
      else
        ours = reinterpret_cast<sqlite3_syscall_ptr>(&pwrite);
      vfs->xSetSystemCall(vfs, name, ours);
    }
  }
  /// See disk_fault.cpp.
  static void step() {
    if (kind_ == KillAtStep && fails()) die();
  }
  static bool struck() { return left_ < 0; }

 private:
  static void die() { ::kill(::getpid(), SIGKILL); }
  /// Does this call fail?
  static bool fails() {
    const bool first = left_ == 0;
    if (left_ >= 0) --left_;
    if (kind_ == Full) {
      errno = ENOSPC;
      return left_ < 0;
    }
    if (!first) return false;
    errno = EIO;
    return true;
  }
  static int watch(sqlite3* handle, char**, const void*) {
    ::sqlite3_trace_v2(
        handle, SQLITE_TRACE_STMT,
        [](unsigned, void*, void*, void*) {
          if (fails()) die();
          return 0;
        },
        nullptr);
    return SQLITE_OK;
  }
  static ssize_t pwrite(int fd, const void* bytes, std::size_t count, off_t at) {
    if (!fails()) return ::pwrite(fd, bytes, count, at);
    if (kind_ == Full || kind_ == Broken) return -1;
    if (kind_ == KillAtHalfWrite) static_cast<void>(::pwrite(fd, bytes, count / 2, at));
    die();
    return -1;
  }
  static ssize_t write(int fd, const void* bytes, std::size_t count) {
    if (!fails()) return ::write(fd, bytes, count);
    if (kind_ != Full && kind_ != Broken) die();
    return -1;
  }
  static int truncate(int fd, off_t size) {
    if (!fails()) return ::ftruncate(fd, size);
    if (kind_ != Full && kind_ != Broken) die();
    return -1;
  }
  static inline int left_ = -1;
  static inline Kind kind_ = KillAtStatement;
};

enum class Outcome {
  Opened,        ///< before the fault struck
  OpenedAnyhow,  ///< though it struck
  RefusedAsFull,
  Refused,
  Killed
};

/// Opens the journal in a process of its own, in which that fault strikes.
inline Outcome open_with_fault(const std::string& folder, DiskFault::Kind kind, int encounter) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    DiskFault::strike(kind, encounter);
    const auto opened = open_journal_file(folder);
    auto outcome = DiskFault::struck() ? Outcome::OpenedAnyhow : Outcome::Opened;
    if (!opened)
      outcome = opened.error().code == Errc::DiskFull ? Outcome::RefusedAsFull : Outcome::Refused;
    ::_exit(static_cast<int>(outcome));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? Outcome::Killed : static_cast<Outcome>(WEXITSTATUS(status));
}

}  // namespace xmppftd
