// SPDX-License-Identifier: MIT
// How libstrophe connects, through functions of ours that stand before those of the C library and
// of OpenSSL (expat_seam.h tells how): it asks for no other name in the handshake than the JID's
// domain as it is written there, knows no ALPN, waits for ever for a silent server, and looks
// addresses up with AI_ADDRCONFIG, by which glibc refuses 127.0.0.1 on a host that has no other
// IPv4 address. Both functions do as ever for everybody else in the process.
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "strophe/real_function.h"
#include "strophe/stream_policy.h"

namespace xmppftd {
namespace {

void prepare(SSL* ssl, const StreamPolicy::Handshake& wish) {
  // Who the server must be is judged behind the handshake, by more kinds of names than OpenSSL
  // knows (certificate.h).
  X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), nullptr, 0);
  const char* const name = wish.server_name.empty() ? nullptr : wish.server_name.c_str();
  SSL_set_tlsext_host_name(ssl, name);
  static constexpr unsigned char kXmppClient[] = "\x0bxmpp-client";
  if (wish.alpn) SSL_set_alpn_protos(ssl, kXmppClient, sizeof kXmppClient - 1);
}

}  // namespace
}  // namespace xmppftd

using xmppftd::PolicyScope;
using xmppftd::StreamPolicy;

extern "C" {

/// libstrophe calls it until the handshake is done, and waits up to 100 ms between two calls.
int SSL_connect(SSL* ssl) {
  static auto* const connect = xmppftd::real_function("SSL_connect", &SSL_connect);
  if (StreamPolicy* const policy = PolicyScope::current()) {
    if (SSL_in_before(ssl)) xmppftd::prepare(ssl, policy->handshake());
    if (!policy->on_handshake_wait(BIO_number_read(SSL_get_rbio(ssl))))
      ::shutdown(SSL_get_fd(ssl), SHUT_RDWR);
  }
  return connect(ssl);
}

int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** list) {
  static auto* const look_up = xmppftd::real_function("getaddrinfo", &getaddrinfo);
  if (PolicyScope::current() == nullptr || hints == nullptr)
    return look_up(node, service, hints, list);
  addrinfo literal = *hints;
  literal.ai_flags = (literal.ai_flags & ~AI_ADDRCONFIG) | AI_NUMERICHOST;
  return look_up(node, service, &literal, list);
}

}  // extern "C"
