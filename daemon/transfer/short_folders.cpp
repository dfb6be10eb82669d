// SPDX-License-Identifier: MIT
#include "transfer/short_folders.h"

namespace xmppftd {

void ShortFolders::add(const std::string& folder) {
  looks_[folder] = timers_.after(kTryAgainAfter, [this, folder] { look(folder); });
}

void ShortFolders::look(std::string folder) {
  if (!waits_()) {
    looks_.erase(folder);
    return;
  }
  // Should its disk say nothing, the next file is the next look.
  looks_[folder] = timers_.after(kTryAgainAfter, [this, folder] { end(std::string(folder)); });
  files_.check_place(folder, 0, 0, alive_.wrap([this, folder](Result<void> good) {
    if (!has(folder)) return;
    if (!good && good.error().code == Errc::Unavailable) return add(folder);
    end(folder);
  }));
}

void ShortFolders::end(const std::string& folder) {
  looks_.erase(folder);
  better_();
}

}  // namespace xmppftd
