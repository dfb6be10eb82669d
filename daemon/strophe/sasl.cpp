// SPDX-License-Identifier: MIT
#include "strophe/sasl.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::uint64_t kMaxRounds = 500'000;

}  // namespace

std::string best_mechanism(const std::vector<std::string>& offered, bool allow_plain) {
  for (const char* name : {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}) {
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) continue;
    if (allow_plain || name != std::string_view("PLAIN")) return name;
  }
  return "";
}

bool rounds_are_sane(std::string_view challenge) {
  const std::optional<Bytes> decoded = from_base64(challenge);
  if (!decoded) return true;
  std::string_view rest(reinterpret_cast<const char*>(decoded->data()), decoded->size());
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    if (!field.starts_with("i=")) continue;
    const std::optional<std::uint64_t> rounds = parse_decimal(field.substr(2));
    if (!rounds || *rounds == 0 || *rounds > kMaxRounds) return false;
  }
  return true;
}

Error sasl_error(std::string_view condition) {
  const std::string said = " (" + log::printable(condition) + ")";
  if (condition == "temporary-auth-failure")
    return {Errc::Network, "the server cannot check passwords at the moment" + said};
  if (condition == "encryption-required")
    return {Errc::Tls, "the server wants a better encrypted connection" + said};
  if (condition == "account-disabled")
    return {Errc::AuthFailed, "the server says that the account is disabled" + said};
  if (condition == "credentials-expired")
    return {Errc::AuthFailed, "the server says that the password has expired" + said};
  for (const char* ours :
       {"aborted", "incorrect-encoding", "invalid-mechanism", "malformed-request"})
    if (condition == ours)
      return {Errc::Protocol, "the server did not understand our login" + said};
  return {Errc::AuthFailed, "the server refused the user name or password" + said};
}

}  // namespace xmppftd
