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

std::string_view to_string(AccountReason reason) noexcept {
  switch (reason) {
    case AccountReason::None: return "";
    case AccountReason::User: return "user";
    case AccountReason::NoNetwork: return "no-network";
    case AccountReason::Auth: return "auth";
    case AccountReason::NoPassword: return "no-password";
    case AccountReason::Tls: return "tls";
    case AccountReason::Dns: return "dns";
    case AccountReason::Conflict: return "conflict";
    case AccountReason::Backoff: return "backoff";
    case AccountReason::NoDns: return "no-dns";
    case AccountReason::Clock: return "clock";
  }
  return "?";
}

}  // namespace xmppftd
