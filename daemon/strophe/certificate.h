// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/account_reason.h"

namespace xmppftd {

/// Whom a certificate names, in the kinds that XMPP knows (RFC 6120 s13.7.1.2, RFC 6125 s6.4).
struct CertificateNames {
  std::vector<std::string> dns;        ///< dNSName: "example.org", "*.example.org"
  std::vector<std::string> services;   ///< SRVName: "_xmpp-client.example.org"
  std::vector<std::string> addresses;  ///< xmppAddr, for a server its domain
  std::vector<std::string> ips;        ///< iPAddress, as inet_ntop() writes it
  std::string common_name;             ///< counts only where there is none of the others
};

/// What a server showed of itself in the TLS handshake.
struct Certificate {
  std::string subject;  ///< "/CN=example.org"
  std::string issuer;
  std::int64_t not_before = 0;  ///< seconds since the epoch
  std::int64_t not_after = 0;
  std::string sha256;  ///< of its DER form, 64 lower-case hexadecimal digits
  CertificateNames names;
};

/// Reads one in PEM. Nothing when it is none.
std::optional<Certificate> parse_certificate(const std::string& pem);

/// What keeps OpenSSL from trusting the authorities in the file at `path`, with the path: it cannot
/// be read, or holds no certificate in PEM. Nothing when it holds some.
std::optional<std::string> ca_file_trouble(const std::string& path);

/// What OpenSSL found wrong with one certificate of the chain.
struct Complaint {
  enum class About { NotYetValid, Expired, Other };
  About about = About::Other;
  std::string text;         ///< "self-signed certificate"
  Certificate certificate;  ///< the one that it is about
};

/// Whether one of the names is `domain`: A-labels, or an address without brackets. A wildcard
/// stands for exactly one label, the first.
bool names_domain(const CertificateNames& names, std::string_view domain);

/// Whether the server of `domain` (as names_domain() takes it) is who it must be; `now` in seconds
/// since the epoch. A `pin` (SHA-256 as hexadecimal digits of either case, colons allowed) is the
/// sole rule: exactly that certificate passes, whoever signed it and whatever its names and dates.
/// Without one it passes when there is no complaint and it names the domain. Nothing when it
/// passes, else Pin, Clock or Tls, with all that a user needs to decide.
std::optional<Down> judge_certificate(std::string_view domain, const Certificate& certificate,
                                      std::string_view pin,
                                      const std::vector<Complaint>& complaints, std::int64_t now);

}  // namespace xmppftd
