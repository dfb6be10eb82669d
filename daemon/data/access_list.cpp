// SPDX-License-Identifier: MIT
#include "data/access_list.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace xmppftd {
namespace {

struct AclEntry {
  std::uint16_t tag;
  std::uint16_t rights;
  std::uint32_t id;
};

/// The list as the kernel keeps it: a header, then entries, all little-endian.
std::vector<AclEntry> read_list(int fd, const char* name) {
  std::uint8_t bytes[4096];
  const auto size = ::fgetxattr(fd, name, bytes, sizeof bytes);
  const auto number = [&](std::size_t at, int count) {
    std::uint32_t value = 0;
    while (count-- > 0) value = value << 8 | bytes[at + static_cast<std::size_t>(count)];
    return value;
  };
  std::vector<AclEntry> entries;
  if (size < 4 || number(0, 4) != POSIX_ACL_XATTR_VERSION) return entries;
  for (std::size_t at = 4; at + 8 <= static_cast<std::size_t>(size); at += 8)
    entries.push_back({static_cast<std::uint16_t>(number(at, 2)),
                       static_cast<std::uint16_t>(number(at + 2, 2)), number(at + 4, 4)});
  return entries;
}

}  // namespace

bool list_lets_others_write(int fd) {
  bool masked = false, others = false;
  for (const auto& entry : read_list(fd, "system.posix_acl_access")) {
    const bool writes = (entry.rights & ACL_WRITE) != 0;
    if (entry.tag == ACL_MASK && !writes) masked = true;
    if (entry.tag == ACL_USER && writes && entry.id != ::geteuid()) others = true;
    if (entry.tag == ACL_GROUP && writes) others = true;
  }
  return others && !masked;
}

std::optional<mode_t> default_mode(int folder) {
  const auto entries = read_list(folder, "system.posix_acl_default");
  if (entries.empty()) return std::nullopt;
  mode_t owner = 0, group = 0, other = 0;
  std::optional<mode_t> mask;  // bounds named users and groups, and stands in the group's place
  for (const auto& entry : entries) {
    const mode_t rights = entry.rights & 06;
    if (entry.tag == ACL_USER_OBJ) owner = rights;
    if (entry.tag == ACL_GROUP_OBJ) group = rights;
    if (entry.tag == ACL_MASK) mask = rights;
    if (entry.tag == ACL_OTHER) other = rights;
  }
  return owner << 6 | mask.value_or(group) << 3 | other;
}

}  // namespace xmppftd
