// SPDX-License-Identifier: MIT
#include "io/account_reason.h"

namespace xmppftd {
namespace {

struct Row {
  std::string_view word;
  Errc code;
};

Row row_of(AccountReason reason) noexcept {
  switch (reason) {
    case AccountReason::None: return {"", Errc::NotOnline};
    case AccountReason::User: return {"user", Errc::Cancelled};
    case AccountReason::NoDns: return {"no-dns", Errc::Dns};
    case AccountReason::Dns: return {"dns", Errc::Dns};
    case AccountReason::NoService: return {"no-service", Errc::Dns};
    case AccountReason::NoNetwork: return {"no-network", Errc::Network};
    case AccountReason::Unreachable: return {"unreachable", Errc::Network};
    case AccountReason::NotXmpp: return {"not-xmpp", Errc::Network};
    case AccountReason::Backoff: return {"backoff", Errc::Network};
    case AccountReason::HostUnknown: return {"host-unknown", Errc::Network};
    case AccountReason::Redirected: return {"redirected", Errc::Network};
    case AccountReason::Server: return {"server", Errc::Network};
    case AccountReason::Protocol: return {"protocol", Errc::Network};
    case AccountReason::CaFile: return {"ca-file", Errc::Tls};
    case AccountReason::NoTls: return {"no-tls", Errc::Tls};
    case AccountReason::TlsHandshake: return {"tls-handshake", Errc::Tls};
    case AccountReason::Tls: return {"tls", Errc::Tls};
    case AccountReason::Pin: return {"pin", Errc::Tls};
    case AccountReason::Clock: return {"clock", Errc::Tls};
    case AccountReason::WrongDomain: return {"wrong-domain", Errc::Tls};
    case AccountReason::NoPassword: return {"no-password", Errc::NoPassword};
    case AccountReason::NoMechanism: return {"no-mechanism", Errc::AuthFailed};
    case AccountReason::Plain: return {"plain", Errc::AuthFailed};
    case AccountReason::AuthTrouble: return {"auth-trouble", Errc::AuthFailed};
    case AccountReason::Auth: return {"auth", Errc::AuthFailed};
    case AccountReason::AuthPlain: return {"auth-plain", Errc::AuthFailed};
    case AccountReason::Expired: return {"expired", Errc::AuthFailed};
    case AccountReason::Disabled: return {"disabled", Errc::AuthFailed};
    case AccountReason::BindRefused: return {"bind-refused", Errc::Conflict};
    case AccountReason::Conflict: return {"conflict", Errc::Conflict};
  }
  return {"?", Errc::Internal};
}

}  // namespace

std::string_view to_string(AccountReason reason) noexcept { return row_of(reason).word; }
Errc errc_of(AccountReason reason) noexcept { return row_of(reason).code; }

bool waits_for_user(AccountReason reason) noexcept {
  return reason == AccountReason::Auth || reason == AccountReason::AuthPlain ||
         reason == AccountReason::Expired || reason == AccountReason::Disabled ||
         reason == AccountReason::NoPassword;
}

}  // namespace xmppftd
