// SPDX-License-Identifier: MIT
#pragma once

#include <strophe.h>

#include <string>
#include <string_view>

#include "io/account_reason.h"

namespace xmppftd {

/// libstrophe's log, the only place where it says why a login failed: until CONNECT it formats
/// every line, SASL secrets and all, for us to keep three facts. `stop()` ends that, and its cost.
class LoginLog {
 public:
  LoginLog() noexcept : log_{&on_line, this} {}
  LoginLog(const LoginLog&) = delete;
  LoginLog& operator=(const LoginLog&) = delete;

  const xmpp_log_t& native() const noexcept { return log_; }
  void stop() noexcept { log_.handler = nullptr; }

  void line(xmpp_log_level_t level, std::string_view area, std::string_view text);

  /// errno of a TCP connection that was refused; 0 = none was.
  int connect_error() const noexcept { return connect_error_; }
  /// What OpenSSL found wrong with the handshake, apart from its being cut short; "" = nothing.
  const std::string& tls_error() const noexcept { return tls_error_; }
  /// The first warning or error, safe to show; "" = none.
  const std::string& complaint() const noexcept { return complaint_; }

 private:
  static void on_line(void* self, xmpp_log_level_t level, const char* area,
                      const char* text) noexcept;
  void openssl_error(std::string_view text);

  xmpp_log_t log_;
  int connect_error_ = 0;
  std::string tls_error_;
  std::string complaint_;
};

/// What a <stream:error/> (RFC 6120 s4.9.3) means. Never a reason to take the password for wrong.
Down stream_error(std::string_view condition, std::string_view text);

/// What a refusal to bind a resource (RFC 6120 s7.7) means: Conflict when another resource may do.
Down bind_error(std::string_view condition, std::string_view text);

/// What the errno of a connection that never was means: NoNetwork or Unreachable.
Down connect_error(int error);

/// What the errno of a DISCONNECT that no stream error explains means.
Down connection_lost(int error);

}  // namespace xmppftd
