// SPDX-License-Identifier: MIT
#include "data/leftovers.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/system_error.h"
#include "data/folder.h"
#include "model/file_info.h"

namespace xmppftd {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

/// How long a file of that name may lie there; nothing for a name that is not of our making.
std::optional<std::chrono::hours> may_lie_for(std::string_view name) {
  if (is_part_file_name(name, kPartFileSuffix)) return kPartForgotten;
  if (is_part_file_name(name, kBadFileSuffix)) return kBadForgotten;
  return std::nullopt;
}

}  // namespace

Result<unsigned> remove_leftovers(const std::string& folder, const std::set<std::string>& in_use,
                                  std::chrono::system_clock::time_point now) {
  auto opened = open_folder(folder);
  if (!opened) return std::move(opened).error();
  const int dir = opened->get();
  const std::unique_ptr<DIR, CloseFolder> names(::fdopendir(opened->get()));
  if (!names) return system_error(errno, folder);
  static_cast<void>(opened->release());
  unsigned removed = 0;
  while (const auto* found = ::readdir(names.get())) {
    const std::string name = found->d_name;
    const auto age = may_lie_for(name);
    if (!age || in_use.count(name) != 0) continue;
    const auto entry = look_up(dir, name);
    if (!entry || !*entry || !(*entry)->regular || !(*entry)->ours) continue;
    const std::chrono::nanoseconds touched(
        std::max((*entry)->identity.modified_ns, (*entry)->identity.changed_ns));
    if (now.time_since_epoch() - touched > *age && ::unlinkat(dir, name.c_str(), 0) == 0) ++removed;
  }
  return removed;
}

}  // namespace xmppftd
