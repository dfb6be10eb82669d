// SPDX-License-Identifier: MIT
#include "data/usable_name.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "model/plain_name.h"

namespace xmppftd {
namespace {

constexpr long kXfsMagic = 0x58465342;

std::string hidden_name() { return ".xmppft-" + random_hex(8) + ".try"; }

}  // namespace

int try_name(int folder, const std::string& name) {
  const UniqueFd made(
      ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) return errno;
  return ::unlinkat(folder, name.c_str(), 0) == 0 ? 0 : errno;
}

bool may_refuse_name(int error_number) noexcept {
  switch (error_number) {
    case 0:
    case EEXIST:
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EIO:
    case ENXIO:
    case ENODEV:
    case ENOTCONN:
    case ESTALE:
    case ETIMEDOUT:
    case EINTR:
    case EBUSY:
    case ENOMEM:
    case EMFILE:
    case ENFILE: return false;
    default: return true;
  }
}

bool refuses_only_name(int folder, NameTrial trial) { return trial(folder, hidden_name()) == 0; }

std::string usable_name(int folder, const std::string& name, NameTrial trial) {
  if (is_plain_everywhere(name)) return name;
  const auto scratch = hidden_name();
  if (::mkdirat(folder, scratch.c_str(), 0700) != 0) return name;
  std::string found = name;
  if (const UniqueFd inside(::openat(folder, scratch.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      inside && may_refuse_name(trial(inside.get(), name))) {
    for (const auto& plainer : plainer_names(name)) {
      if (trial(inside.get(), plainer) != 0) continue;
      found = plainer;
      break;
    }
  }
  ::unlinkat(folder, scratch.c_str(), AT_REMOVEDIR);
  return found;
}

bool takes_every_name(int folder) noexcept {
  struct statfs system {};
  if (::fstatfs(folder, &system) != 0) return false;
  const auto type = static_cast<long>(system.f_type);
  return type == EXT4_SUPER_MAGIC || type == kXfsMagic || type == BTRFS_SUPER_MAGIC ||
         type == TMPFS_MAGIC;
}

}  // namespace xmppftd
