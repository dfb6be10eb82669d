// SPDX-License-Identifier: MIT
#include "account/account.h"

namespace xmppftd {

std::string_view to_string(AccountState state) noexcept {
  switch (state) {
    case AccountState::Offline: return "offline";
    case AccountState::Connecting: return "connecting";
    case AccountState::Online: return "online";
    case AccountState::Failed: return "failed";
  }
  return "?";
}

}  // namespace xmppftd
