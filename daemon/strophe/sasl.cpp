// SPDX-License-Identifier: MIT
#include "strophe/sasl.h"

#include <string.h>
#include <stringprep.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::uint64_t kMaxRounds = 500'000;

/// What a <failure/> condition means (RFC 6120 s6.5).
AccountReason reason_of(std::string_view condition) {
  if (condition == "temporary-auth-failure") return AccountReason::AuthTrouble;
  if (condition == "account-disabled") return AccountReason::Disabled;
  if (condition == "credentials-expired") return AccountReason::Expired;
  for (const char* ours : {"aborted", "incorrect-encoding", "invalid-mechanism",
                           "malformed-request", "mechanism-too-weak", "encryption-required"})
    if (condition == ours) return AccountReason::NoMechanism;
  return condition.empty() ? AccountReason::Server : AccountReason::Auth;
}

/// Whether another mechanism may do better after this.
bool is_of_mechanism(AccountReason reason) {
  return reason != AccountReason::AuthTrouble && reason != AccountReason::Disabled &&
         reason != AccountReason::Expired;
}

const char* words_of(AccountReason reason) {
  switch (reason) {
    case AccountReason::AuthTrouble: return "the server cannot check passwords at the moment";
    case AccountReason::Disabled: return "the server says that the account is disabled";
    case AccountReason::Expired: return "the server says that the password has expired";
    case AccountReason::NoMechanism: return "the server did not accept this way to log in";
    case AccountReason::Server: return "the server ended the connection instead of an answer";
    default: return "the server refused the user name or password";
  }
}

Secret prepared_form(const Secret& typed) {
  auto prepared = saslprep(typed.reveal());
  return prepared ? Secret(std::move(*prepared)) : typed.clone();
}

}  // namespace

std::optional<std::string> saslprep(const std::string& text) {
  char* out = nullptr;
  // Unassigned code points pass: what was none in Unicode 3.2 is an everyday character by now.
  const int rc =
      stringprep_profile(text.c_str(), &out, "SASLprep", static_cast<Stringprep_profile_flags>(0));
  if (rc != STRINGPREP_OK) return std::nullopt;
  std::string prepared = out;
  explicit_bzero(out, prepared.size());
  std::free(out);
  if (prepared.empty() && !text.empty()) return std::nullopt;
  return prepared;
}

std::string scram_escaped(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ',')
      escaped += "=2C";
    else if (c == '=')
      escaped += "=3D";
    else
      escaped += c;
  }
  return escaped;
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

SaslWalk::SaslWalk(Secret password, bool allow_plain)
    : typed_(std::move(password)), prepared_(prepared_form(typed_)), allow_plain_(allow_plain) {}

std::vector<SaslWalk::Way> SaslWalk::ways() const {
  std::vector<Way> all = {
      {"SCRAM-SHA-512", false}, {"SCRAM-SHA-256", false}, {"SCRAM-SHA-1", false}};
  if (!allow_plain_) return all;
  all.push_back({"PLAIN", false});
  if (strcmp(typed_.reveal(), prepared_.reveal()) != 0) all.push_back({"PLAIN", true});
  return all;
}

std::optional<SaslWalk::Way> SaslWalk::next() const {
  for (const auto& way : ways()) {
    const bool offered =
        std::find(offered_.begin(), offered_.end(), way.mechanism) != offered_.end();
    const bool tried =
        std::any_of(tries_.begin(), tries_.end(), [&](const Try& one) { return one.way == way; });
    if (offered && !tried) return way;
  }
  return std::nullopt;
}

std::string SaslWalk::choose(const std::vector<std::string>& offered) {
  offered_ = offered;
  last_.reset();
  const auto way = next();
  if (!way) return "";
  chosen_ = *way;
  open_ = true;
  return way->mechanism;
}

const char* SaslWalk::password() const noexcept {
  return (chosen_.as_typed ? typed_ : prepared_).reveal();
}

void SaslWalk::forget_password() {
  typed_ = Secret();
  prepared_ = Secret();
}

void SaslWalk::failed(std::string_view condition, std::string_view text) {
  open_ = false;
  last_ = Try{chosen_, condition.empty() ? "no condition" : log::printable(condition),
              log::printable(text)};
  if (reason_of(condition) != AccountReason::AuthTrouble) tries_.push_back(*last_);
}

void SaslWalk::broke_off() {
  open_ = false;
  last_ = Try{chosen_, "", ""};
  tries_.push_back(*last_);
}

bool SaslWalk::more() const {
  if (last_ && !is_of_mechanism(reason_of(last_->condition))) return false;
  return next().has_value();
}

bool SaslWalk::refused() const {
  if (!last_ || more()) return false;
  const auto reason = reason_of(last_->condition);
  if (!is_of_mechanism(reason)) return waits_for_user(reason);
  return std::all_of(tries_.begin(), tries_.end(), [](const Try& one) {
    return reason_of(one.condition) == AccountReason::Auth;
  });
}

Down SaslWalk::down() const {
  const bool plain_offered = std::find(offered_.begin(), offered_.end(), "PLAIN") != offered_.end();
  const Try* told = last_ ? &*last_ : tries_.empty() ? nullptr : &tries_.back();
  if (told == nullptr) {
    if (plain_offered && !allow_plain_)
      return {AccountReason::Plain,
              "the server takes the password only as it is (SASL PLAIN), which needs allow_plain",
              ""};
    std::string names;
    for (const auto& name : offered_) names += (names.empty() ? "" : ", ") + log::printable(name);
    return {AccountReason::NoMechanism,
            "the server offers no way to log in that we know" +
                (names.empty() ? "" : " (only " + names + ")"),
            ""};
  }
  const auto reason = reason_of(told->condition);
  Down down{reason, words_of(reason), ""};
  down.detail +=
      " (" + told->way.mechanism + (told->condition.empty() ? "" : ": " + told->condition) + ")";
  if (!told->text.empty()) down.detail += ": " + told->text;
  if (reason != AccountReason::Auth) return down;
  if (!refused()) {  // one mechanism failed in another way: the password may still be right
    down.reason = AccountReason::AuthTrouble;
  } else if (plain_offered && !allow_plain_) {
    down.reason = AccountReason::AuthPlain;
    down.detail +=
        "; it would also take the password as it is (SASL PLAIN), which needs allow_plain";
  }
  return down;
}

}  // namespace xmppftd
