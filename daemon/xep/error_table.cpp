// SPDX-License-Identifier: MIT
#include "base/log.h"
#include "model/namespaces.h"
#include "xep/stanza_error.h"

namespace xmppftd {
namespace {

/// What an application condition says more exactly than the condition beside it.
std::optional<Errc> code_of_application(const Element& application, ErrorType type) {
  if (application.is("no-valid-streams", kNsSi)) return Errc::NoCommonMethod;
  if (application.is("bad-profile", kNsSi)) return Errc::PeerUnsupported;
  if (application.is("hash-mismatch", kNsConfirm)) return Errc::HashMismatch;
  if (application.is("cannot-store", kNsConfirm))
    return type == ErrorType::Wait ? Errc::PeerCannotStore : Errc::StoreFailed;
  return std::nullopt;
}

Errc code_of(Condition condition) {
  switch (condition) {
    case Condition::BadRequest: return Errc::Protocol;
    case Condition::Conflict: return Errc::StreamFailed;
    case Condition::FeatureNotImplemented: return Errc::PeerUnsupported;
    case Condition::Forbidden: return Errc::Declined;  // XEP-0095 section 3.2
    case Condition::Gone: return Errc::NoSuchPeer;
    case Condition::InternalServerError: return Errc::StreamFailed;
    case Condition::ItemNotFound: return Errc::StreamFailed;  // XEP-0065 s5.3.2, XEP-0047 s2.2
    case Condition::JidMalformed: return Errc::BadJid;
    case Condition::NotAcceptable: return Errc::Declined;
    case Condition::NotAllowed: return Errc::Declined;
    case Condition::NotAuthorized: return Errc::Declined;
    case Condition::PolicyViolation: return Errc::Constraint;
    case Condition::RecipientUnavailable: return Errc::PeerOffline;
    case Condition::Redirect: return Errc::NoSuchPeer;
    case Condition::RegistrationRequired: return Errc::Declined;
    case Condition::RemoteServerNotFound: return Errc::NoSuchPeer;
    case Condition::RemoteServerTimeout: return Errc::PeerOffline;
    case Condition::ResourceConstraint: return Errc::Constraint;
    // A server says it for a resource that is gone, a client for a namespace it does not know.
    // Offers go only to peers whose features were seen, so the first is meant.
    case Condition::ServiceUnavailable: return Errc::PeerOffline;
    case Condition::SubscriptionRequired: return Errc::Declined;
    case Condition::UndefinedCondition: return Errc::StreamFailed;
    case Condition::UnexpectedRequest: return Errc::Protocol;
  }
  return Errc::Internal;
}

/// The refusals of XEP-0095 section 3.2 are type='cancel' in its examples, whatever RFC 6120
/// recommends.
StanzaError refusal(Condition condition, std::string text) {
  auto error = StanzaError::of(condition, std::move(text));
  error.type = ErrorType::Cancel;
  return error;
}

StanzaError refusal(Condition condition, std::string name, std::string_view xmlns) {
  auto error = refusal(condition, "");
  error.application = Element(std::move(name), std::string(xmlns));
  return error;
}

/// "Not now" to everybody, and to our own kind whose disk it is.
StanzaError cannot_store(std::string text) {
  auto error = StanzaError::of(Condition::ResourceConstraint, std::move(text));
  error.application = Element("cannot-store", std::string(kNsConfirm));
  return error;
}

}  // namespace

Error to_error(const StanzaError& error, std::string_view what) {
  const auto from_application =
      error.application ? code_of_application(*error.application, error.type) : std::nullopt;
  std::string detail(what);
  detail.append(": the peer answered ").append(to_string(error.condition));
  if (error.application)
    detail.append(" (").append(log::printable(error.application->name)).append(")");
  if (!error.text.empty()) detail.append(": ").append(log::printable(error.text));
  return {from_application.value_or(code_of(error.condition)), std::move(detail)};
}

// `detail` stays here: it may name paths of this machine.
StanzaError to_stanza_error(const Error& error) {
  switch (error.code) {
    case Errc::Declined:
    case Errc::Policy: return refusal(Condition::Forbidden, "Offer Declined");
    case Errc::NoCommonMethod: return refusal(Condition::BadRequest, "no-valid-streams", kNsSi);
    case Errc::PeerUnsupported: return refusal(Condition::BadRequest, "bad-profile", kNsSi);
    case Errc::HashMismatch: return refusal(Condition::NotAcceptable, "hash-mismatch", kNsConfirm);
    case Errc::Protocol:
    case Errc::BadUri:
    case Errc::BadFd:
    case Errc::BadArgument: return StanzaError::of(Condition::BadRequest);
    case Errc::BadJid: return StanzaError::of(Condition::JidMalformed);
    case Errc::StreamFailed:  // SB2: one answer for every way a connection can fail
    case Errc::Timeout:
    case Errc::Network:
    case Errc::Dns:
    case Errc::Tls:
    case Errc::NoSuchPeer:
    case Errc::NoSuchJob:
    case Errc::NoSuchAccount: return StanzaError::of(Condition::ItemNotFound);
    case Errc::DiskFull: return cannot_store("The disk is full");
    case Errc::FileMissing:
    case Errc::Unreadable:
    case Errc::NotRegularFile:
    case Errc::UnsafeFolder: return cannot_store("The folder cannot be used");
    case Errc::Io: return cannot_store("The disk failed");
    case Errc::StoreFailed: {
      auto for_good = cannot_store("The disk failed again");
      for_good.type = ErrorType::Cancel;
      return for_good;
    }
    case Errc::Constraint:
    case Errc::PeerCannotStore:
    case Errc::Unavailable:
    case Errc::TooMany: return StanzaError::of(Condition::ResourceConstraint);
    case Errc::Cancelled: return StanzaError::of(Condition::NotAcceptable, "Cancelled");
    case Errc::Conflict:
    case Errc::Exists: return StanzaError::of(Condition::Conflict);
    case Errc::PeerOffline:
    case Errc::NotOnline: return StanzaError::of(Condition::RecipientUnavailable);
    case Errc::BadState: return StanzaError::of(Condition::UnexpectedRequest);
    case Errc::Interrupted:
    case Errc::FileChanged:
    case Errc::AuthFailed:
    case Errc::NoPassword:
    case Errc::Config:
    case Errc::SecretStore:
    case Errc::Internal: return StanzaError::of(Condition::InternalServerError);
  }
  return StanzaError::of(Condition::InternalServerError);
}

}  // namespace xmppftd
