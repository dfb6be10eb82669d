// SPDX-License-Identifier: MIT
#include "strophe/down_reason.h"

#include <string.h>

#include <cerrno>
#include <charconv>
#include <cstdint>

#include "base/log.h"
#include "base/system_error.h"

namespace xmppftd {

void LoginLog::on_line(void* self, xmpp_log_level_t level, const char* area,
                       const char* text) noexcept {
  static_cast<LoginLog*>(self)->line(level, area, text);
}

void LoginLog::line(xmpp_log_level_t level, std::string_view area, std::string_view text) {
  constexpr std::string_view kConnectFailed = "connection failed, error ";
  if (text.starts_with(kConnectFailed)) {
    text.remove_prefix(kConnectFailed.size());
    std::from_chars(text.data(), text.data() + text.size(), connect_error_);
  } else if (area == "tls" && text.starts_with("error:")) {
    openssl_error(text.substr(6));
  } else if (level >= XMPP_LEVEL_WARN && complaint_.empty()) {
    complaint_ = log::printable(text);
  }
}

/// "0A000410:SSL routines::sslv3 alert handshake failure"; "80000018:system library::(null)" holds
/// an errno, and is no fault of the server's.
void LoginLog::openssl_error(std::string_view text) {
  constexpr std::uint32_t kSystem = 0x80000000;
  std::uint32_t code = 0;
  std::from_chars(text.data(), text.data() + text.size(), code, 16);
  if ((code & kSystem) != 0) {
    const char* const known = strerrordesc_np(static_cast<int>(code & ~kSystem));
    if (complaint_.empty() && known != nullptr) complaint_ = known;
    return;
  }
  const std::string_view reason = text.substr(text.rfind(':') + 1);
  if (tls_error_.empty() && reason != "system lib" && !reason.starts_with("unexpected eof"))
    tls_error_ = log::printable(reason);
}

namespace {

std::string said(std::string_view condition, std::string_view text) {
  return " (" + (condition.empty() ? "no condition" : log::printable(condition)) + ")" +
         (text.empty() ? "" : ": " + log::printable(text));
}

}  // namespace

Down stream_error(std::string_view condition, std::string_view text) {
  static constexpr struct {
    std::string_view condition;
    AccountReason reason;
    const char* words;
  } kRows[] = {
      {"conflict", AccountReason::Conflict, "another client logged in with the same resource"},
      {"host-unknown", AccountReason::HostUnknown, "the server does not serve our domain"},
      {"host-gone", AccountReason::HostUnknown, "the server no longer serves our domain"},
      {"see-other-host", AccountReason::Redirected, "the server wants us to use another host"},
      {"system-shutdown", AccountReason::Server, "the server is shutting down"},
      {"connection-timeout", AccountReason::Backoff, "the server gave up waiting for us"},
      {"resource-constraint", AccountReason::Server, "the server is overloaded"},
      {"internal-server-error", AccountReason::Server, "the server has trouble of its own"},
      {"remote-connection-failed", AccountReason::Server, "the server has trouble of its own"},
      {"policy-violation", AccountReason::Server, "the server says that we broke its rules"},
      {"not-authorized", AccountReason::Server, "the server ended the stream"},
      {"undefined-condition", AccountReason::Server, "the server ended the stream"},
      {"", AccountReason::Server, "the server ended the stream"},
  };
  for (const auto& row : kRows)
    if (row.condition == condition) return {row.reason, row.words + said(condition, text), ""};
  return {AccountReason::Protocol,
          "the server did not understand our stream" + said(condition, text), ""};
}

Down bind_error(std::string_view condition, std::string_view text) {
  for (const char* ours : {"conflict", "bad-request", "not-acceptable", "jid-malformed"})
    if (condition == ours)
      return {AccountReason::Conflict,
              "the server does not let us have that resource" + said(condition, text), ""};
  return {AccountReason::BindRefused, "the server lets us bind no resource" + said(condition, text),
          ""};
}

Down connect_error(int error) {
  // Our own trouble says nothing of the server.
  if (is_shortage(error))
    return {AccountReason::Backoff, system_error(error, "no connection").detail, ""};
  const char* const words = error == 0 ? "no connection" : strerrordesc_np(error);
  const bool network = error == ENETUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL;
  return {network ? AccountReason::NoNetwork : AccountReason::Unreachable,
          words == nullptr ? "no connection" : words, ""};
}

Down connection_lost(int error) {
  // libstrophe's own numbers, of OpenSSL and its own making, are below the ones that say something.
  switch (error) {
    case ETIMEDOUT:
    case ECONNRESET:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPIPE:
      return {AccountReason::Backoff,
              std::string("the connection was lost: ") + strerrordesc_np(error), ""};
    case 0: return {AccountReason::Backoff, "the server closed the stream", ""};
    default: return {AccountReason::Backoff, "the connection was lost", ""};
  }
}

}  // namespace xmppftd
