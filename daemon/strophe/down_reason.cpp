// SPDX-License-Identifier: MIT
#include "strophe/down_reason.h"

#include <string.h>

#include <cerrno>
#include <charconv>
#include <cstdint>

#include "base/log.h"

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

Error stream_error(xmpp_error_type_t type, std::string_view text) {
  const std::string said = text.empty() ? "" : ": " + log::printable(text);
  switch (type) {
    case XMPP_SE_CONFLICT:
      return {Errc::Conflict, "another client logged in with the same resource" + said};
    case XMPP_SE_NOT_AUTHORIZED:
    case XMPP_SE_INVALID_FROM:
      return {Errc::AuthFailed, "the server ended the stream as not authorized" + said};
    case XMPP_SE_SYSTEM_SHUTDOWN:
      return {Errc::Network, "the server is shutting down" + said};
    case XMPP_SE_CONN_TIMEOUT:
      return {Errc::Network, "the server gave up waiting for us" + said};
    case XMPP_SE_RESOURCE_CONSTRAINT:
      return {Errc::Network, "the server is overloaded" + said};
    case XMPP_SE_INTERNAL_SERVER_ERROR:
    case XMPP_SE_REMOTE_CONN_FAILED:
      return {Errc::Network, "the server has trouble of its own" + said};
    case XMPP_SE_SEE_OTHER_HOST:
      return {Errc::Network, "the server wants us to use another host" + said};
    case XMPP_SE_HOST_GONE:
    case XMPP_SE_HOST_UNKNOWN:
      return {Errc::Network, "the server does not serve our domain" + said};
    case XMPP_SE_POLICY_VIOLATION:
      return {Errc::Protocol, "the server says we broke its rules" + said};
    case XMPP_SE_UNDEFINED_CONDITION:
      return {Errc::Network, "the server ended the stream" + said};
    case XMPP_SE_BAD_FORMAT:
    case XMPP_SE_BAD_NS_PREFIX:
    case XMPP_SE_IMPROPER_ADDR:
    case XMPP_SE_INVALID_ID:
    case XMPP_SE_INVALID_NS:
    case XMPP_SE_INVALID_XML:
    case XMPP_SE_RESTRICTED_XML:
    case XMPP_SE_UNSUPPORTED_ENCODING:
    case XMPP_SE_UNSUPPORTED_STANZA_TYPE:
    case XMPP_SE_UNSUPPORTED_VERSION:
    case XMPP_SE_XML_NOT_WELL_FORMED:
      break;
  }
  return {Errc::Protocol, "the server did not understand our stream" + said};
}

Error connection_lost(int error) {
  // libstrophe's own numbers, of OpenSSL and its own making, are below the ones that say something.
  switch (error) {
    case ETIMEDOUT:
    case ECONNRESET:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPIPE:
      return {Errc::Network, std::string("the connection was lost: ") + strerrordesc_np(error)};
    case 0:
      return {Errc::Network, "the server closed the stream"};
    default:
      return {Errc::Network, "the connection was lost"};
  }
}

}  // namespace xmppftd
