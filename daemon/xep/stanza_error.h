// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xep/element.h"

namespace xmppftd {

/// The conditions of RFC 6120 section 8.3.3. One this daemon does not know parses as
/// UndefinedCondition.
enum class Condition {
  BadRequest,
  Conflict,
  FeatureNotImplemented,
  Forbidden,
  Gone,
  InternalServerError,
  ItemNotFound,
  JidMalformed,
  NotAcceptable,
  NotAllowed,
  NotAuthorized,
  PolicyViolation,
  RecipientUnavailable,
  Redirect,
  RegistrationRequired,
  RemoteServerNotFound,
  RemoteServerTimeout,
  ResourceConstraint,
  ServiceUnavailable,
  SubscriptionRequired,
  UndefinedCondition,
  UnexpectedRequest,
};
std::string_view to_string(Condition condition) noexcept;  ///< "item-not-found"

enum class ErrorType { Auth, Cancel, Continue, Modify, Wait };

/// An `<error/>` (RFC 6120 section 8.3) with at most one application-specific condition.
struct StanzaError {
  ErrorType type = ErrorType::Cancel;
  Condition condition = Condition::UndefinedCondition;
  std::string text;                    ///< for people; "" when there is none
  std::optional<Element> application;  ///< <no-valid-streams xmlns='…protocol/si'/>, ...

  /// The type that RFC 6120 recommends for the condition.
  static StanzaError of(Condition condition, std::string text = "");
  /// Never fails: what a peer left out or invented becomes Cancel and UndefinedCondition.
  /// COMPAT Pidgin, old clients: without a known condition the legacy `code` decides (XEP-0086).
  static StanzaError parse(const Element& error);
  Element build() const;  ///< with the legacy `code` that old clients read
};

/// The one table stanza error -> our Error: what the refusal of a request means to a job. `what`
/// names the step and starts the detail. A stream method turns whatever comes out into
/// StreamFailed, for peers do not agree on the error of a stream that fails.
Error to_error(const StanzaError& error, std::string_view what);
/// And back: how we tell a peer why we failed. Only the code crosses; `detail` may name our paths.
StanzaError to_stanza_error(const Error& error);

}  // namespace xmppftd
