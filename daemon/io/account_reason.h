// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace xmppftd {

/// Why an account is in its state: the words of Account1.StateReason. Each failure of a login has
/// one of its own, because each has its own remedy (client/login_hints.cpp). In the order of how
/// far a login came: of several servers that failed, the one that came furthest is told of.
enum class AccountReason {
  None,
  User,  ///< told to be offline
  // The way to the server
  NoDns,        ///< the resolver gives no answer
  Dns,          ///< the name does not exist, or has no address
  NoService,    ///< the domain says that it has no XMPP service (RFC 2782: target ".")
  NoNetwork,    ///< no route to the server
  Unreachable,  ///< nothing listens there, or it does not answer
  NotXmpp,      ///< something else listens there
  Backoff,      ///< the session ended; the next attempt comes by itself
  // The stream
  HostUnknown,  ///< the server does not serve our domain
  Redirected,   ///< see-other-host leads nowhere
  Server,       ///< trouble of the server's own
  Protocol,     ///< it does what XMPP forbids
  // Encryption
  CaFile,        ///< the file of the account's own authorities cannot be read, or holds none
  NoTls,         ///< none offered
  TlsHandshake,  ///< no common protocol or cipher
  Tls,           ///< an untrusted certificate
  Pin,           ///< not the pinned certificate
  Clock,         ///< a certificate of another time: this machine's clock seems wrong
  WrongDomain,   ///< the server serves another domain than ours
  // The password
  NoPassword,
  NoMechanism,  ///< none in common
  Plain,        ///< only SASL PLAIN, which needs allow_plain
  AuthTrouble,  ///< the server cannot say now
  Auth,         ///< refused
  AuthPlain,    ///< refused, but SASL PLAIN was not tried: it needs allow_plain
  Expired,      ///< the password has expired
  Disabled,     ///< the account is disabled
  // The resource
  BindRefused,  ///< none may be bound now
  Conflict,     ///< another session has it
};

/// "", "user", "no-dns", ...
std::string_view to_string(AccountReason reason) noexcept;

/// For the table of D-Bus errors and for how long to wait: AuthFailed, NoPassword, Tls, Dns,
/// Conflict, Network.
Errc errc_of(AccountReason reason) noexcept;

/// Whether another attempt must wait for the user: it could only lock the account.
bool waits_for_user(AccountReason reason) noexcept;

/// Why a session or an attempt ended.
struct Down {
  AccountReason reason = AccountReason::None;
  std::string detail;       ///< for people; what it quotes of the server is safe to print
  std::string certificate;  ///< SHA-256 of what the server showed, 64 hex digits; "" = none

  Error error() const { return {errc_of(reason), detail}; }
};

}  // namespace xmppftd
