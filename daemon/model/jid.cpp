// SPDX-License-Identifier: MIT
#include "model/jid.h"

#include <arpa/inet.h>
#include <stringprep.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/text.h"
#include "model/idna.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxPart = 1023;   // RFC 7622 section 3.1, in bytes
constexpr std::size_t kMaxLabel = 63;    // RFC 1035 section 2.3.4
constexpr std::size_t kMaxDomain = 253;  // of A-labels and dots
constexpr std::string_view kSuchAs = "; write an address such as ann@example.org";

using CString = std::unique_ptr<char, decltype(&std::free)>;

Error bad_part(std::string_view part, std::string_view what, std::string_view rule) {
  return {Errc::BadJid,
          in_quotes(part) + " is not a valid " + std::string(what) + ": " + std::string(rule)};
}

/// What holds for every part: the rule that it breaks, or nothing.
std::optional<std::string_view> broken_rule(std::string_view part) {
  if (part.empty()) return "it is empty";
  if (part.size() > kMaxPart) return "it is longer than 1023 bytes";
  for (std::size_t i = 0; i < part.size();) {
    const auto c = utf8_at(part, i);
    if (!c.valid) return "it is not UTF-8";
    if (c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0)) return "it holds a control character";
    i += c.length;
  }
  return std::nullopt;
}

// ---- local part ---------------------------------------------------------------------------------

Result<std::string> prepare_local(std::string_view part) {
  const auto bad = [&](std::string_view rule) { return bad_part(part, "local part", rule); };
  if (const auto rule = broken_rule(part)) return bad(*rule);
  char* out = nullptr;
  const int rc = stringprep_profile(std::string(part).c_str(), &out, "Nodeprep",
                                    static_cast<Stringprep_profile_flags>(0));
  if (rc != STRINGPREP_OK) return bad(stringprep_strerror(static_cast<Stringprep_rc>(rc)));
  std::string prepared(CString(out, &std::free).get());
  if (prepared.empty()) return bad("nothing is left of it after normalisation");
  if (prepared.size() > kMaxPart) return bad("it is longer than 1023 bytes");
  return prepared;
}

// ---- domain -------------------------------------------------------------------------------------

/// "[2001:db8::1]" in the form of RFC 5952, or nothing when it is none.
std::optional<std::string> ipv6_literal(std::string_view domain) {
  if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
  in6_addr address{};
  const std::string inner(domain.substr(1, domain.size() - 2));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, inner.c_str(), &address) != 1) return std::nullopt;
  if (inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) return std::nullopt;
  return "[" + std::string(text.data()) + "]";
}

/// A dotted quad, or what nobody could take for anything else.
bool is_numeric(std::string_view domain) {
  return domain.find('.') != domain.npos && domain.find_first_not_of("0123456789.") == domain.npos;
}

/// The rule of host names (RFC 1123 section 2.1; the underscore is tolerated) that this breaks.
std::optional<std::string> broken_label_rule(std::string_view label) {
  if (label.empty()) return "it has an empty label between two dots";
  if (label.size() > kMaxLabel) return "a label of it is longer than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "no label begins or ends with '-'";
  const auto odd = std::find_if(label.begin(), label.end(), [](char c) {
    return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_';
  });
  if (odd == label.end()) return std::nullopt;
  return "no host name holds '" + std::string(1, *odd) +
         (*odd == ':' ? "'; leave the port away (the account's --server HOST:PORT names one)"
                      : "'" + std::string(kSuchAs));
}

std::optional<std::string> broken_name_rule(std::string_view a_labels) {
  if (a_labels.size() > kMaxDomain) return "it is longer than 253 bytes";
  for (std::size_t begin = 0; begin <= a_labels.size();) {
    const auto end = std::min(a_labels.find('.', begin), a_labels.size());
    if (auto rule = broken_label_rule(a_labels.substr(begin, end - begin))) return rule;
    begin = end + 1;
  }
  return std::nullopt;
}

Result<std::string> prepare_domain(std::string_view part) {
  const auto bad = [&](std::string_view rule) { return bad_part(part, "domain", rule); };
  if (const auto rule = broken_rule(part)) return bad(*rule);
  if (auto literal = ipv6_literal(part)) return *std::move(literal);
  if (part.size() > 1 && part.back() == '.') part.remove_suffix(1);  // RFC 7622 section 3.2
  const auto a_labels = to_a_labels(part);
  if (!a_labels) return bad(a_labels.error().detail);
  // Of the A-labels, for the way to them drops soft hyphens and maps digits of other widths.
  if (in_addr ignored{};
      is_numeric(*a_labels) && inet_pton(AF_INET, a_labels->c_str(), &ignored) != 1)
    return bad("it is no IPv4 address" + std::string(kSuchAs));
  if (const auto rule = broken_name_rule(*a_labels)) return bad(*rule);
  auto u_labels = to_u_labels(*a_labels);
  if (!u_labels) return bad(u_labels.error().detail);
  // libidn2 decodes A-labels that no name has: of "xn--1va" comes U+037A, which it refuses to
  // encode.
  const auto encoded = to_a_labels(*u_labels);
  if (!encoded || *encoded != *a_labels)
    return bad("a label of it that begins with xn-- stands for no name");
  return u_labels;
}

// ---- resource -----------------------------------------------------------------------------------

Result<std::string> check_resource(std::string_view part) {
  if (const auto rule = broken_rule(part)) return bad_part(part, "resource", *rule);
  return std::string(part);
}

}  // namespace

Result<Jid> Jid::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto bare = text.substr(0, slash);
  const auto at = bare.find('@');
  // Names what was typed, all of it, before the part that is wrong.
  const auto within = [&](Error part) {
    part.detail = in_quotes(text, 200) + ": " + part.detail;
    return part;
  };
  std::string whole;
  if (at != std::string_view::npos) {
    auto local = prepare_local(bare.substr(0, at));
    if (!local) return within(local.error());
    whole = *local + "@";
  }
  auto domain = prepare_domain(at == std::string_view::npos ? bare : bare.substr(at + 1));
  if (!domain) return within(domain.error());
  whole += *domain;
  if (slash != std::string_view::npos) {
    auto resource = check_resource(text.substr(slash + 1));
    if (!resource) return within(resource.error());
    whole += "/" + *resource;
  }
  return Jid(std::move(whole));
}

Result<Jid> Jid::parse_stamped(std::string_view text) {
  auto jid = parse(text);
  if (jid && jid->text_ != text) jid->stamped_ = text;
  return jid;
}

std::string_view Jid::local() const noexcept {
  const std::string_view bare = std::string_view(text_).substr(0, text_.find('/'));
  const auto at = bare.find('@');
  return at == std::string_view::npos ? std::string_view() : bare.substr(0, at);
}

std::string_view Jid::domain() const noexcept {
  const std::string_view bare = std::string_view(text_).substr(0, text_.find('/'));
  const auto at = bare.find('@');
  return at == std::string_view::npos ? bare : bare.substr(at + 1);
}

std::string_view Jid::resource() const noexcept {
  const auto slash = text_.find('/');
  return slash == std::string::npos ? std::string_view()
                                    : std::string_view(text_).substr(slash + 1);
}

std::string Jid::ascii_domain() const {
  const auto name = domain();
  if (name.front() == '[') return std::string(name.substr(1, name.size() - 2));
  return to_a_labels(name).value();  // it was made from them
}

Jid Jid::bare() const { return Jid(text_.substr(0, text_.find('/'))); }
Jid Jid::domain_jid() const { return Jid(std::string(domain())); }

Result<Jid> Jid::with_resource(std::string_view resource) const {
  auto checked = check_resource(resource);
  if (!checked) return checked.error();
  return Jid(bare().text_ + "/" + *checked);
}

}  // namespace xmppftd
