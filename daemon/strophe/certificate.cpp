// SPDX-License-Identifier: MIT
#include "strophe/certificate.h"

#include "base/log.h"

namespace xmppftd {
namespace {

std::string hex_digits_of(std::string_view pin) {
  std::string digits;
  for (const char c : pin)
    if (c != ':') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return digits;
}

std::string description(const Certificate& certificate) {
  return "subject " + log::printable(certificate.subject) + ", issuer " +
         log::printable(certificate.issuer) + ", valid from " + certificate.not_before + " to " +
         certificate.not_after + ", SHA-256 fingerprint " + certificate.sha256;
}

}  // namespace

Result<void> judge_certificate(std::string_view domain, const Certificate& certificate,
                               std::string_view pin, const std::vector<std::string>& complaints) {
  if (!pin.empty()) {
    if (hex_digits_of(pin) == certificate.sha256) return {};
    return Error{Errc::Tls, "the certificate of " + std::string(domain) +
                                " is not the pinned one " + hex_digits_of(pin) + ": " +
                                description(certificate) +
                                ". If the server has a new certificate, pin it with --pin"};
  }
  if (complaints.empty()) return {};
  std::string reasons;
  for (const auto& complaint : complaints) reasons += (reasons.empty() ? "" : ", ") + complaint;
  return Error{Errc::Tls, "the certificate of " + std::string(domain) + " is not trusted (" +
                              reasons + "): " + description(certificate) +
                              ". If you know it to be the right one: --pin " + certificate.sha256};
}

}  // namespace xmppftd
