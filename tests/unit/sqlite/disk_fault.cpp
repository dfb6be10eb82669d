// SPDX-License-Identifier: MIT
#include "disk_fault.h"

#include <sys/syscall.h>

#include <cstdio>

using xmppftd::DiskFault;

// These take the place of those of the C library in this program and all that it links.
extern "C" {

int rename(const char* from, const char* to) noexcept {
  DiskFault::step();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int unlinkat(int folder, const char* name, int flags) noexcept {
  DiskFault::step();
  return static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
}
int unlink(const char* name) noexcept {
  DiskFault::step();
  return static_cast<int>(::syscall(SYS_unlink, name));
}
int fsync(int fd) {
  DiskFault::step();
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
}
