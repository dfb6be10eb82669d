// SPDX-License-Identifier: MIT
#include "transport/refusal.h"

#include "base/log.h"

namespace xmppftd {
namespace {

using enum Condition;

constexpr std::string_view kGone = "the peer went offline meanwhile; the job goes on when it is back";
constexpr std::string_view kNoSuchServer =
    "the peer's server cannot be found; look for a typing mistake behind the @";
constexpr std::string_view kServerSilent =
    "the peer's server does not answer; the job is tried again later";

std::string_view of_si_offer(const StanzaError& error) {
  const auto* application = error.application ? &*error.application : nullptr;
  if (application && application->name == "no-valid-streams")
    return "the peer's program takes none of the ways that were offered; allow more with --method";
  if (application && application->name == "bad-profile")
    return "the peer's program takes streams but no files (XEP-0096); the peer needs another program";
  switch (error.condition) {
    case BadRequest:
      return "the peer's program does not understand the offer, or none of its ways; try another "
             "--method";
    case FeatureNotImplemented:
      return "the peer's program takes no files (XEP-0096); the peer needs another program";
    case Forbidden: return "the peer declined the file";
    case NotAcceptable:
      return "the peer's program does not take the file as it was offered; ask the peer why";
    case NotAllowed:
      return "a server on the way did not let the offer pass; ask its operator, or rename the file";
    case NotAuthorized:
    case RegistrationRequired:
    case SubscriptionRequired:
      return "the peer takes files of its contacts only; become one: xmppftctl contacts add";
    case ItemNotFound:
    case RecipientUnavailable:
    case ServiceUnavailable:
      return "the peer is not there any more; the file is offered again when it is seen";
    case Gone:
    case Redirect: return "the peer does not use this address any more; ask for the new one";
    case JidMalformed:
      return "a server on the way does not take the peer's address; look for a typing mistake";
    case RemoteServerNotFound: return kNoSuchServer;
    case RemoteServerTimeout: return kServerSilent;
    case ResourceConstraint: return "the peer takes no more files just now; it is asked again later";
    case PolicyViolation:
      return "the rules of the peer or of a server forbid the offer just now; it is made again later";
    case Conflict:
    case InternalServerError:
    case UndefinedCondition:
    case UnexpectedRequest: break;
  }
  return "the peer's program failed over the offer and does not say why; it is made again later";
}

std::string_view of_s5b_offer(Condition condition) {
  switch (condition) {
    case ItemNotFound:
    case RemoteServerNotFound:  // COMPAT Psi
    case RemoteServerTimeout:
      return "the peer reached none of the offered hosts; open the port of socks5.listen to it, or "
             "name a proxy that both reach in socks5.proxies";
    case Forbidden:
    case NotAcceptable:
    case NotAllowed:
    case NotAuthorized:
    case RegistrationRequired:
    case SubscriptionRequired:
      return "the peer's program refused the SOCKS5 stream, it may connect to nobody directly; "
             "--method si-ibb does without one";
    case Gone:
    case RecipientUnavailable:
    case Redirect:
    case ServiceUnavailable: return kGone;
    case BadRequest:
    case FeatureNotImplemented:
    case JidMalformed:
    case UnexpectedRequest:
      return "the peer's program does not understand the offered hosts; --method si-ibb does without "
             "them";
    case PolicyViolation:
    case ResourceConstraint: return "the peer takes no more streams just now; it is asked again later";
    case Conflict:
    case InternalServerError:
    case UndefinedCondition: break;
  }
  return "the peer's program could not open the SOCKS5 stream and does not say why; --method si-ibb "
         "does without one";
}

std::string_view of_activation(Condition condition) {
  switch (condition) {
    case BadRequest:
    case Conflict:
    case ItemNotFound:
    case NotAcceptable:
    case NotAllowed:
    case UnexpectedRequest:
      return "the proxy does not know the stream: a connection to it was lost, or the offer was "
             "accepted too late (Openfire forgets it after ten minutes); the file is offered again";
    case Forbidden:
    case NotAuthorized:
    case RegistrationRequired:
    case SubscriptionRequired:
      return "the proxy does not serve this account; name another one in socks5.proxies";
    case Gone:
    case RecipientUnavailable:
    case Redirect:
    case RemoteServerNotFound:
    case RemoteServerTimeout:
    case ServiceUnavailable:
      return "the proxy is not there any more; name another one in socks5.proxies";
    case PolicyViolation:
    case ResourceConstraint: return "the proxy takes no more streams just now; try again later";
    case FeatureNotImplemented:
    case InternalServerError:
    case JidMalformed:
    case UndefinedCondition: break;
  }
  return "the proxy could not connect the two sides and does not say why; name another one in "
         "socks5.proxies";
}

std::string_view of_ibb_open(Condition condition) {
  switch (condition) {
    case ItemNotFound:
    case UnexpectedRequest:
      return "the peer's program does not know the file any more that it accepted; it is offered "
             "again";
    case Forbidden:
    case NotAcceptable:
    case NotAllowed:
    case NotAuthorized:
    case RegistrationRequired:
    case SubscriptionRequired:
      return "the peer's program takes no in-band stream of us; allow si-socks5 with --method";
    case BadRequest:
    case FeatureNotImplemented:
    case JidMalformed:
      return "the peer's program does not understand in-band streams; allow si-socks5 with --method";
    case Gone:
    case RecipientUnavailable:
    case Redirect:
    case ServiceUnavailable:
      return "the peer went offline meanwhile, or its program has no in-band streams; allow si-socks5 "
             "with --method";
    case RemoteServerNotFound: return kNoSuchServer;
    case RemoteServerTimeout: return kServerSilent;
    case PolicyViolation:
    case ResourceConstraint:
      return "the peer takes no in-band stream just now, not even with the smallest blocks; it is "
             "asked again later";
    case Conflict:
    case InternalServerError:
    case UndefinedCondition: break;
  }
  return "the peer's program could not open an in-band stream and does not say why; allow si-socks5 "
         "with --method";
}

std::string_view of_ibb_block(Condition condition) {
  switch (condition) {
    case BadRequest:
    case NotAcceptable:
    case UnexpectedRequest:
      return "the peer's program could not use a block of the in-band stream; the rest is sent again";
    case Conflict:
    case Forbidden:
    case ItemNotFound:
    case NotAllowed:
    case NotAuthorized:
    case RegistrationRequired:
    case SubscriptionRequired:
      return "the peer's program gave the in-band stream up, somebody cancelled there or it was "
             "started anew; the rest is offered again";
    case Gone:
    case RecipientUnavailable:
    case Redirect:
    case ServiceUnavailable: return kGone;
    case RemoteServerNotFound: return kNoSuchServer;
    case RemoteServerTimeout: return kServerSilent;
    case PolicyViolation:
    case ResourceConstraint:
      return "the peer or a server does not keep up with the in-band stream; the rest is sent again";
    case FeatureNotImplemented:
    case InternalServerError:
    case JidMalformed:
    case UndefinedCondition: break;
  }
  return "the peer's program ended the in-band stream and does not say why; the rest is sent again";
}

std::string_view of_confirmation(const StanzaError& error) {
  if (error.application && error.application->name == "hash-mismatch")
    return "what arrived is not what was sent; send the file again";
  switch (error.condition) {
    case ItemNotFound:
    case UnexpectedRequest:
      return "the receiver knows nothing of the file any more; it is offered again";
    case Gone:
    case RecipientUnavailable:
    case Redirect:
    case ServiceUnavailable: return kGone;
    case RemoteServerNotFound: return kNoSuchServer;
    case RemoteServerTimeout: return kServerSilent;
    case PolicyViolation:
    case ResourceConstraint:
      return "the receiver has no room for the file, or too much to do; it is offered again later";
    default: break;
  }
  return "the receiver has all bytes but could not keep the file; ask for the reason there";
}

std::string_view meaning(Step step, const StanzaError& error) {
  switch (step) {
    case Step::SiOffer: return of_si_offer(error);
    case Step::S5bOffer: return of_s5b_offer(error.condition);
    case Step::S5bActivation: return of_activation(error.condition);
    case Step::IbbOpen: return of_ibb_open(error.condition);
    case Step::IbbBlock: return of_ibb_block(error.condition);
    case Step::Confirmation: return of_confirmation(error);
  }
  return "the peer said no";
}

std::string_view silence(Step step) {
  switch (step) {
    case Step::SiOffer: return "nobody answered the offer in time";
    case Step::S5bOffer: return "the peer did not say in time which of the offered hosts it reached";
    case Step::S5bActivation: return "the proxy did not answer in time";
    case Step::IbbOpen: return "the peer did not answer the in-band stream's opening in time";
    case Step::IbbBlock: return "the peer, or a server, did not take a block of the in-band stream in time";
    case Step::Confirmation: return "the receiver did not say in time whether it has the file";
  }
  return "no answer in time";
}

}  // namespace

Error explain(Step step, const IqFailure& failure) {
  Error why = failure.to_error("");
  switch (failure.kind) {
    case IqFailure::Kind::Timeout: why.detail = silence(step); break;
    case IqFailure::Kind::Disconnected: why.detail = "our session with the server ended meanwhile"; break;
    case IqFailure::Kind::Refused:
      why.detail = meaning(step, failure.error);
      why.detail.append(" (").append(to_string(failure.error.condition));
      if (failure.error.application)
        why.detail.append(", ").append(log::printable(failure.error.application->name));
      if (!failure.error.text.empty())
        why.detail.append(": ").append(log::printable(failure.error.text));
      why.detail.append(")");
      break;
  }
  return why;
}

}  // namespace xmppftd
