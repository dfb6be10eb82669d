// SPDX-License-Identifier: MIT
#include "model/jid.h"

#include <stringprep.h>

#include <cstdlib>
#include <cstring>

namespace xmppftd {
namespace {

constexpr std::size_t kMaxPart = 1023;  // RFC 6122 s2.1, in bytes

Result<std::string> prepare(std::string_view part, const char* profile, const char* what) {
  const std::string raw(part);
  const auto bad = [&](const std::string& rule) {
    return Error{Errc::BadJid, "\"" + raw.substr(0, 100) + "\" is not a valid " + what + ": " + rule};
  };
  if (part.empty()) return bad("it is empty");
  if (part.size() > kMaxPart) return bad("it is longer than 1023 bytes");
  if (raw.find('\0') != std::string::npos) return bad("it holds a NUL");
  char* out = nullptr;
  const int rc = stringprep_profile(raw.c_str(), &out, profile, static_cast<Stringprep_profile_flags>(0));
  if (rc != STRINGPREP_OK) return bad(stringprep_strerror(static_cast<Stringprep_rc>(rc)));
  std::string prepared(out);
  std::free(out);
  if (prepared.empty()) return bad("nothing is left of it after normalisation");
  if (prepared.size() > kMaxPart) return bad("it is longer than 1023 bytes");
  return prepared;
}

/// nameprep lets most ASCII through; a host name or an address literal holds none of these.
bool domain_is_sane(std::string_view domain) {
  return domain.find_first_of(" \"&'/<>@\t\r\n") == std::string_view::npos && domain.front() != '.' &&
         domain.find("..") == std::string_view::npos;
}

}  // namespace

Result<Jid> Jid::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto bare = text.substr(0, slash);
  const auto at = bare.find('@');
  // Names what was typed, all of it, before the part that is wrong.
  const auto within = [&](Error part) {
    part.detail = "\"" + std::string(text.substr(0, 200)) + "\": " + part.detail;
    return part;
  };
  std::string whole;
  if (at != std::string_view::npos) {
    auto local = prepare(bare.substr(0, at), "Nodeprep", "local part");
    if (!local) return within(local.error());
    whole = *local + "@";
  }
  auto domain_text = at == std::string_view::npos ? bare : bare.substr(at + 1);
  if (domain_text.size() > 1 && domain_text.back() == '.') domain_text.remove_suffix(1);  // RFC 7622 s3.2
  auto domain = prepare(domain_text, "Nameprep", "domain");
  if (!domain) return within(domain.error());
  if (!domain_is_sane(*domain))
    return within({Errc::BadJid, "\"" + std::string(domain_text.substr(0, 100)) +
                                     "\" is not a valid domain; write an address such as ann@example.org"});
  whole += *domain;
  if (slash != std::string_view::npos) {
    auto resource = prepare(text.substr(slash + 1), "Resourceprep", "resource");
    if (!resource) return within(resource.error());
    whole += "/" + *resource;
  }
  return Jid(std::move(whole));
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
  return slash == std::string::npos ? std::string_view() : std::string_view(text_).substr(slash + 1);
}

Jid Jid::bare() const { return Jid(text_.substr(0, text_.find('/'))); }
Jid Jid::domain_jid() const { return Jid(std::string(domain())); }

Result<Jid> Jid::with_resource(std::string_view resource) const {
  auto prepared = prepare(resource, "Resourceprep", "resource");
  if (!prepared) return prepared.error();
  return Jid(bare().text_ + "/" + *prepared);
}

}  // namespace xmppftd
