// SPDX-License-Identifier: MIT
#include "strophe/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "strophe/host.h"

namespace xmppftd {
namespace {

constexpr std::string_view kService = "_xmpp-client.";
constexpr std::size_t kMaxNames = 256;  // of one kind
/// Nobody serves a certificate that expired so long ago; a clock that runs ahead is likelier.
constexpr std::int64_t kYear = 365 * 24 * 3600;

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* thing) const noexcept {
    Free(thing);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;

// ---- reading ----

std::string text_of(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int size = string == nullptr ? -1 : ASN1_STRING_to_UTF8(&utf8, string);
  if (size < 0) return "";
  std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  // A NUL in a name has made others read less of it than the authority did.
  return text.find('\0') == text.npos ? text : "";
}

std::string one_line(const X509_NAME* name) {
  char* const line = X509_NAME_oneline(name, nullptr, 0);
  std::string text = line == nullptr ? "" : line;
  OPENSSL_free(line);
  return text;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

void add(std::vector<std::string>& to, std::string name) {
  if (!name.empty() && to.size() < kMaxNames) to.push_back(std::move(name));
}

std::string ip_text(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN];
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return "";
  const int family = size == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text) != nullptr ? text : "";
}

void add_other_name(CertificateNames& names, const OTHERNAME& other) {
  char type[64];
  if (OBJ_obj2txt(type, sizeof type, other.type_id, 1) <= 0 || other.value == nullptr) return;
  const std::string_view oid = type;
  const int kind = other.value->type;
  if (kind != V_ASN1_UTF8STRING && kind != V_ASN1_IA5STRING) return;
  const std::string text = text_of(other.value->value.asn1_string);
  if (oid == "1.3.6.1.5.5.7.8.7") add(names.services, text);   // id-on-dnsSRV (RFC 4985)
  if (oid == "1.3.6.1.5.5.7.8.5") add(names.addresses, text);  // id-on-xmppAddr (RFC 6120)
}

CertificateNames names_of(X509* certificate) {
  CertificateNames names;
  const Owned<GENERAL_NAMES, &GENERAL_NAMES_free> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) add(names.dns, text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) add(names.ips, ip_text(name->d.iPAddress));
    if (name->type == GEN_OTHERNAME) add_other_name(names, *name->d.otherName);
  }
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0)
    names.common_name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return names;
}

// ---- comparing ----

/// A DNS name as names are compared: in lower case, without the dot of the root.
std::string compared_form(std::string_view text) {
  std::string name = lower(text);
  while (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

bool dns_matches(std::string_view pattern, std::string_view domain) {
  const std::string name = compared_form(pattern);
  if (name == domain) return true;
  if (!name.starts_with("*.") || name.find('.', 2) == name.npos) return false;
  const auto dot = domain.find('.');
  return dot != domain.npos && dot > 0 && domain.substr(dot) == std::string_view(name).substr(1);
}

bool service_matches(std::string_view service, std::string_view domain) {
  const std::string name = compared_form(service);
  return name.starts_with(kService) && name.substr(kService.size()) == domain;
}

std::string hex_digits_of(std::string_view pin) {
  std::string digits;
  for (const char c : pin)
    if (c != ':') digits += c;
  return lower(digits);
}

// ---- words ----

std::string date(std::int64_t seconds) {
  std::tm parts{};
  const std::time_t time = seconds;
  char text[32];
  gmtime_r(&time, &parts);
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts));
}

std::string dates(const Certificate& certificate) {
  return "valid from " + date(certificate.not_before) + " to " + date(certificate.not_after);
}

std::string description(const Certificate& certificate) {
  return "subject " + log::printable(certificate.subject) + ", issuer " +
         log::printable(certificate.issuer) + ", " + dates(certificate) + ", SHA-256 fingerprint " +
         certificate.sha256;
}

/// All names, for one that is looked for and not there.
std::string listed(const CertificateNames& names) {
  constexpr std::size_t kShown = 8;
  std::vector<std::string> all;
  for (const auto* kind : {&names.dns, &names.services, &names.addresses, &names.ips})
    all.insert(all.end(), kind->begin(), kind->end());
  if (all.empty() && !names.common_name.empty()) all.push_back(names.common_name);
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + log::printable(all[i]);
  if (all.size() > kShown) text += " and " + std::to_string(all.size() - kShown) + " more";
  return text.empty() ? "nobody" : text;
}

/// A complaint that this machine's clock explains better than the server.
const Complaint* about_the_clock(const std::vector<Complaint>& complaints, std::int64_t now) {
  const Complaint* found = nullptr;
  for (const auto& complaint : complaints) {
    const bool early = complaint.about == Complaint::About::NotYetValid;
    const bool late = complaint.about == Complaint::About::Expired &&
                      now - complaint.certificate.not_after > kYear;
    if (!early && !late) return nullptr;
    found = &complaint;
  }
  return found;
}

}  // namespace

std::optional<Certificate> parse_certificate(const std::string& pem) {
  const Owned<BIO, &BIO_free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Owned<X509, &X509_free> x509(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                                         : nullptr);
  if (!x509) return std::nullopt;
  Certificate certificate;
  certificate.subject = one_line(X509_get_subject_name(x509.get()));
  certificate.issuer = one_line(X509_get_issuer_name(x509.get()));
  certificate.not_before = seconds_of(X509_get0_notBefore(x509.get()));
  certificate.not_after = seconds_of(X509_get0_notAfter(x509.get()));
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(x509.get(), EVP_sha256(), digest, &size) != 1) return std::nullopt;
  certificate.sha256 = to_hex(ByteView(digest, size));
  certificate.names = names_of(x509.get());
  return certificate;
}

bool names_domain(const CertificateNames& names, std::string_view domain) {
  const auto any = [](const std::vector<std::string>& of, auto matches) {
    return std::any_of(of.begin(), of.end(), matches);
  };
  if (is_address(std::string(domain))) {
    // A server of an address may say so as an xmppAddr, too.
    return any(names.ips, [&](const auto& ip) { return ip == domain; }) ||
           any(names.addresses, [&](const auto& jid) { return without_brackets(jid) == domain; });
  }
  if (any(names.dns, [&](const auto& dns) { return dns_matches(dns, domain); }) ||
      any(names.services, [&](const auto& service) { return service_matches(service, domain); }) ||
      any(names.addresses, [&](const auto& jid) { return compared_form(to_ascii(jid)) == domain; }))
    return true;
  // The last resort of RFC 6125 s6.4.4.
  return names.dns.empty() && names.services.empty() && names.addresses.empty() &&
         dns_matches(names.common_name, domain);
}

std::optional<std::string> ca_file_trouble(const std::string& path) {
  // OpenSSL would wait for ever for somebody who writes to a FIFO.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat what {};
  if (!file || ::fstat(file.get(), &what) != 0)
    return "ca_file " + in_quotes(path) + ": " + strerrordesc_np(errno);
  if (!S_ISREG(what.st_mode)) return "ca_file " + in_quotes(path) + " is no regular file";
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  // As libstrophe has it read for the handshake, where a failure looks like one of the server's.
  const bool read = store && X509_STORE_load_file(store.get(), path.c_str()) == 1;
  ERR_clear_error();
  if (read && sk_X509_OBJECT_num(X509_STORE_get0_objects(store.get())) > 0) return std::nullopt;
  return "ca_file " + in_quotes(path) + " holds no certificate in PEM, or a broken one";
}

std::optional<Down> judge_certificate(std::string_view domain, const Certificate& certificate,
                                      std::string_view pin,
                                      const std::vector<Complaint>& complaints, std::int64_t now) {
  const std::string of = "the certificate of " + std::string(domain);
  const auto refused = [&](AccountReason reason, const std::string& why) {
    return Down{reason, of + why, certificate.sha256};
  };
  if (!pin.empty()) {
    const std::string wanted = hex_digits_of(pin);
    if (wanted == certificate.sha256) return std::nullopt;
    return refused(AccountReason::Pin, " is not the pinned one: it has " +
                                           description(certificate) + "; pinned is " + wanted);
  }
  const bool named = names_domain(certificate.names, domain);
  if (const Complaint* const clock = about_the_clock(complaints, now); clock != nullptr && named) {
    const bool early = clock->about == Complaint::About::NotYetValid;
    return refused(AccountReason::Clock,
                   std::string(early ? " is not valid yet" : " expired long ago") +
                       ", if this machine's clock is right: it is now " + date(now) +
                       ", and it is " + dates(clock->certificate));
  }
  std::string reasons;
  for (const auto& complaint : complaints)
    reasons += (reasons.empty() ? "" : ", ") + log::printable(complaint.text);
  if (!named) reasons += (reasons.empty() ? "" : ", ") + ("it is for " + listed(certificate.names));
  if (reasons.empty()) return std::nullopt;
  return refused(AccountReason::Tls,
                 " is not trusted (" + reasons + "): " + description(certificate));
}

}  // namespace xmppftd
