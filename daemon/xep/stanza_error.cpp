// SPDX-License-Identifier: MIT
#include "xep/stanza_error.h"

#include <array>

#include "base/bytes.h"
#include "base/log.h"
#include "model/file_info.h"
#include "model/namespaces.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxText = 512;  // a peer's words shown to people

/// RFC 6120 section 8.3.3 (name, recommended type) and XEP-0086 section 3 (legacy code;
/// policy-violation is younger than that table).
struct Row {
  Condition condition;
  std::string_view name;
  ErrorType type;
  unsigned code;
};
using enum Condition;
constexpr std::array<Row, 22> kRows{{
    {BadRequest, "bad-request", ErrorType::Modify, 400},
    {Conflict, "conflict", ErrorType::Cancel, 409},
    {FeatureNotImplemented, "feature-not-implemented", ErrorType::Cancel, 501},
    {Forbidden, "forbidden", ErrorType::Auth, 403},
    {Gone, "gone", ErrorType::Cancel, 302},
    {InternalServerError, "internal-server-error", ErrorType::Cancel, 500},
    {ItemNotFound, "item-not-found", ErrorType::Cancel, 404},
    {JidMalformed, "jid-malformed", ErrorType::Modify, 400},
    {NotAcceptable, "not-acceptable", ErrorType::Modify, 406},
    {NotAllowed, "not-allowed", ErrorType::Cancel, 405},
    {NotAuthorized, "not-authorized", ErrorType::Auth, 401},
    {PolicyViolation, "policy-violation", ErrorType::Modify, 403},
    {RecipientUnavailable, "recipient-unavailable", ErrorType::Wait, 404},
    {Redirect, "redirect", ErrorType::Modify, 302},
    {RegistrationRequired, "registration-required", ErrorType::Auth, 407},
    {RemoteServerNotFound, "remote-server-not-found", ErrorType::Cancel, 404},
    {RemoteServerTimeout, "remote-server-timeout", ErrorType::Wait, 504},
    {ResourceConstraint, "resource-constraint", ErrorType::Wait, 500},
    {ServiceUnavailable, "service-unavailable", ErrorType::Cancel, 503},
    {SubscriptionRequired, "subscription-required", ErrorType::Auth, 407},
    {UndefinedCondition, "undefined-condition", ErrorType::Cancel, 500},
    {UnexpectedRequest, "unexpected-request", ErrorType::Wait, 400},
}};
constexpr std::array<std::string_view, 5> kErrorTypes{"auth", "cancel", "continue", "modify",
                                                      "wait"};

const Row& row_of(Condition condition) { return kRows[static_cast<std::size_t>(condition)]; }

/// XEP-0086 section 3, read from the code.
std::optional<Condition> condition_of_code(std::uint64_t code) {
  switch (code) {
    case 302: return Redirect;
    case 400: return BadRequest;
    case 401: return NotAuthorized;
    case 403: return Forbidden;
    case 404: return ItemNotFound;
    case 405: return NotAllowed;
    case 406: return NotAcceptable;
    case 407: return RegistrationRequired;
    case 408: return RemoteServerTimeout;
    case 409: return Conflict;
    case 500: return InternalServerError;
    case 501: return FeatureNotImplemented;
    case 502: return ServiceUnavailable;
    case 503: return ServiceUnavailable;
    case 504: return RemoteServerTimeout;
    case 510: return ServiceUnavailable;
    default: return std::nullopt;
  }
}

std::optional<ErrorType> type_from(std::string_view word) {
  for (std::size_t i = 0; i < kErrorTypes.size(); ++i)
    if (kErrorTypes[i] == word) return static_cast<ErrorType>(i);
  return std::nullopt;
}

std::optional<Condition> condition_from(std::string_view name) {
  for (const auto& row : kRows)
    if (row.name == name) return row.condition;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Condition condition) noexcept { return row_of(condition).name; }

StanzaError StanzaError::of(Condition condition, std::string text) {
  return {row_of(condition).type, condition, std::move(text), std::nullopt};
}

StanzaError StanzaError::parse(const Element& error) {
  StanzaError parsed;
  std::optional<Condition> condition;
  for (const auto& child : error.children) {
    if (child.xmlns != kNsStanzaErrors) {
      if (!parsed.application) parsed.application = child;
    } else if (child.name == "text") {
      parsed.text = safe_text(child.text, kMaxText);
    } else if (!condition) {
      condition = condition_from(child.name);
    }
  }
  auto type = type_from(error.attribute_or_empty("type"));
  if (!condition) {
    if (const auto code = parse_decimal(error.attribute_or_empty("code"))) {
      condition = condition_of_code(*code);
      if (condition && !type) type = row_of(*condition).type;
    }
    // COMPAT jabberd 1 age: <error code='404'>Not Found</error>
    if (parsed.text.empty()) parsed.text = safe_text(error.text, kMaxText);
  }
  parsed.condition = condition.value_or(UndefinedCondition);
  parsed.type = type.value_or(ErrorType::Cancel);
  return parsed;
}

Element StanzaError::build() const {
  Element error("error", "jabber:client");
  error.set("type", std::string(kErrorTypes[static_cast<std::size_t>(type)]));
  error.set("code", std::to_string(row_of(condition).code));
  error.add(Element(std::string(to_string(condition)), std::string(kNsStanzaErrors)));
  if (!text.empty()) error.add(Element("text", std::string(kNsStanzaErrors)).with_text(text));
  if (application) error.add(*application);
  return error;
}

}  // namespace xmppftd
