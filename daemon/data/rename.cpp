// SPDX-License-Identifier: MIT
#include "data/rename.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>

namespace xmppftd {
namespace {

int result_of(int rc) noexcept { return rc == 0 ? 0 : errno; }

/// Not "it failed" but "I do not know how".
bool is_unsupported(int error_number) noexcept {
  return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP ||
         error_number == EPERM || error_number == EMLINK;
}

}  // namespace

int rename_no_replace(int folder, const std::string& from, const std::string& to) {
  return result_of(::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE));
}

int rename_by_link(int folder, const std::string& from, const std::string& to) {
  if (::linkat(folder, from.c_str(), folder, to.c_str(), 0) != 0) return errno;
  return result_of(::unlinkat(folder, from.c_str(), 0));
}

int rename_after_look(int folder, const std::string& from, const std::string& to) {
  // Files of ours are given their names by several threads.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  struct stat found {};
  if (::fstatat(folder, to.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  return result_of(::renameat(folder, from.c_str(), folder, to.c_str()));
}

int rename_new(std::span<const Renamer> renamers, int folder, const std::string& from,
               const std::string& to) {
  int error_number = ENOSYS;
  for (const auto renamer : renamers) {
    error_number = renamer(folder, from, to);
    if (!is_unsupported(error_number)) break;
  }
  return error_number;
}

std::span<const Renamer> all_renamers() noexcept {
  static constexpr Renamer kAll[] = {rename_no_replace, rename_by_link, rename_after_look};
  return kAll;
}

int exchange_names(int folder, const std::string& a, const std::string& b) {
  return result_of(::renameat2(folder, a.c_str(), folder, b.c_str(), RENAME_EXCHANGE));
}

}  // namespace xmppftd
