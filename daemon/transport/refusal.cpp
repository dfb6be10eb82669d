// SPDX-License-Identifier: MIT
#include "transport/refusal.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>

#include "base/log.h"

namespace xmppftd {
namespace {

using enum Condition;

/// A set of conditions.
class Conditions {
 public:
  constexpr Conditions(std::initializer_list<Condition> members) {
    for (const auto one : members) bits_ |= bit(one);
  }
  constexpr bool has(Condition one) const { return (bits_ & bit(one)) != 0; }
  constexpr Conditions operator|(Conditions other) const {
    other.bits_ |= bits_;
    return other;
  }
  /// What the rows before leave over.
  static constexpr Conditions rest() {
    Conditions all({});
    all.bits_ = ~0u;
    return all;
  }

 private:
  static constexpr std::uint32_t bit(Condition one) { return 1u << static_cast<int>(one); }
  std::uint32_t bits_ = 0;
};

constexpr Conditions kStranger = {NotAuthorized, RegistrationRequired, SubscriptionRequired};
constexpr Conditions kForbidden = kStranger | Conditions{Forbidden, NotAcceptable, NotAllowed};
constexpr Conditions kAway = {Gone, RecipientUnavailable, Redirect, ServiceUnavailable};
constexpr Conditions kNoServer = {RemoteServerNotFound, RemoteServerTimeout};
constexpr Conditions kBusy = {PolicyViolation, ResourceConstraint};
constexpr Conditions kForgotten = {ItemNotFound, UnexpectedRequest};
constexpr Conditions kNotUnderstood = {BadRequest, FeatureNotImplemented, JidMalformed};

constexpr std::string_view kGone =
    "the peer went offline meanwhile; the job goes on when it is back";
constexpr std::string_view kNoSuchServer =
    "the peer's server cannot be found; look for a typing mistake behind the @";
constexpr std::string_view kServerSilent =
    "the peer's server does not answer; the job is tried again later";

/// What a step's refusal under one of the conditions means. The first row that fits counts.
struct Row {
  Step step;
  Conditions conditions;
  std::string_view meaning;
};

constexpr Row kRows[] = {
    {Step::SiOffer,
     {BadRequest},
     "the peer's program does not understand the offer, or none of its ways; try another --method"},
    {Step::SiOffer,
     {FeatureNotImplemented},
     "the peer's program takes no files (XEP-0096); the peer needs another program"},
    {Step::SiOffer, {Forbidden}, "the peer declined the file"},
    {Step::SiOffer,
     {NotAcceptable},
     "the peer's program does not take the file as it was offered; ask the peer why"},
    {Step::SiOffer,
     {NotAllowed},
     "a server on the way did not let the offer pass; ask its operator, or rename the file"},
    {Step::SiOffer, kStranger,
     "the peer takes files of its contacts only; become one: xmppftctl contacts add"},
    {Step::SiOffer,
     {ItemNotFound, RecipientUnavailable, ServiceUnavailable},
     "the peer is not there any more; the file is offered again when it is seen"},
    {Step::SiOffer,
     {Gone, Redirect},
     "the peer does not use this address any more; ask for the new one"},
    {Step::SiOffer,
     {JidMalformed},
     "a server on the way does not take the peer's address; look for a typing mistake"},
    {Step::SiOffer, {RemoteServerNotFound}, kNoSuchServer},
    {Step::SiOffer, {RemoteServerTimeout}, kServerSilent},
    {Step::SiOffer,
     {ResourceConstraint},
     "the peer takes no more files just now; it is asked again later"},
    {Step::SiOffer,
     {PolicyViolation},
     "the rules of the peer or of a server forbid the offer just now; it is made again later"},
    {Step::SiOffer, Conditions::rest(),
     "the peer's program failed over the offer and does not say why; it is made again later"},

    {Step::S5bOffer, kNoServer | Conditions{ItemNotFound},  // COMPAT Psi: not-found
     "the peer reached none of the offered hosts; open the port of socks5.listen to it, or name a "
     "proxy that both reach in socks5.proxies"},
    {Step::S5bOffer, kForbidden,
     "the peer's program refused the SOCKS5 stream, it may connect to nobody directly; an "
     "in-band --method does without one"},
    {Step::S5bOffer, kAway, kGone},
    {Step::S5bOffer, kNotUnderstood | Conditions{UnexpectedRequest},
     "the peer's program does not understand the offered hosts; an in-band --method does without "
     "them"},
    {Step::S5bOffer, kBusy, "the peer takes no more streams just now; it is asked again later"},
    {Step::S5bOffer, Conditions::rest(),
     "the peer's program could not open the SOCKS5 stream and does not say why; an in-band "
     "--method does without one"},

    {Step::S5bActivation, kForgotten | Conditions{BadRequest, Conflict, NotAcceptable, NotAllowed},
     "the proxy does not know the stream: a connection to it was lost, or the offer was accepted "
     "too late (Openfire forgets it after ten minutes); the file goes in-band if it may, else it "
     "is "
     "offered again"},
    {Step::S5bActivation, kForbidden,
     "the proxy does not serve this account; name another one in socks5.proxies"},
    {Step::S5bActivation, kAway | kNoServer,
     "the proxy is not there any more; name another one in socks5.proxies"},
    {Step::S5bActivation, kBusy, "the proxy takes no more streams just now; try again later"},
    {Step::S5bActivation, Conditions::rest(),
     "the proxy could not connect the two sides and does not say why; name another one in "
     "socks5.proxies"},

    {Step::IbbOpen, kForgotten,
     "the peer's program does not know the file any more that it accepted; it is offered again"},
    {Step::IbbOpen, kForbidden,
     "the peer's program takes no in-band stream of us; allow a SOCKS5 one with --method"},
    {Step::IbbOpen, kNotUnderstood,
     "the peer's program does not understand in-band streams; allow a SOCKS5 one with --method"},
    {Step::IbbOpen, kAway,
     "the peer went offline meanwhile, or its program has no in-band streams; allow a SOCKS5 one "
     "with "
     "--method"},
    {Step::IbbOpen, {RemoteServerNotFound}, kNoSuchServer},
    {Step::IbbOpen, {RemoteServerTimeout}, kServerSilent},
    {Step::IbbOpen, kBusy,
     "the peer takes no in-band stream just now, not even with the smallest blocks; it is asked "
     "again later"},
    {Step::IbbOpen, Conditions::rest(),
     "the peer's program could not open an in-band stream and does not say why; allow a SOCKS5 one "
     "with --method"},

    {Step::IbbBlock,
     {BadRequest, NotAcceptable, UnexpectedRequest},
     "the peer's program could not use a block of the in-band stream; the rest is sent again"},
    {Step::IbbBlock, kForbidden | Conditions{Conflict, ItemNotFound},
     "the peer's program gave the in-band stream up, somebody cancelled there or it was started "
     "anew; the rest is offered again"},
    {Step::IbbBlock, kAway, kGone},
    {Step::IbbBlock, {RemoteServerNotFound}, kNoSuchServer},
    {Step::IbbBlock, {RemoteServerTimeout}, kServerSilent},
    {Step::IbbBlock, kBusy,
     "the peer or a server does not keep up with the in-band stream; the rest is sent again"},
    {Step::IbbBlock, Conditions::rest(),
     "the peer's program ended the in-band stream and does not say why; the rest is sent again"},

    {Step::Confirmation, kForgotten,
     "the receiver knows nothing of the file any more; it is offered again"},
    {Step::Confirmation, kAway, kGone},
    {Step::Confirmation, {RemoteServerNotFound}, kNoSuchServer},
    {Step::Confirmation, {RemoteServerTimeout}, kServerSilent},
    {Step::Confirmation, kBusy,
     "the receiver has no room for the file, or too much to do; it is offered again later"},
    {Step::Confirmation, Conditions::rest(),
     "the receiver has all bytes but could not keep the file; ask for the reason there"},
};

/// What a condition of the application's own means; "" = no more than the stanza's.
std::string_view meaning_of_own(Step step, const StanzaError& error) {
  if (!error.application) return "";
  const auto& name = error.application->name;
  if (step == Step::SiOffer && name == "no-valid-streams")
    return "the peer's program takes none of the ways that were offered; allow more with --method";
  if (step == Step::SiOffer && name == "bad-profile")
    return "the peer's program takes streams but no files (XEP-0096); the peer needs another "
           "program";
  const bool of_file =
      step == Step::SiOffer || step == Step::IbbBlock || step == Step::Confirmation;
  if (of_file && name == "cannot-store" && error.type == ErrorType::Wait)
    return "the receiver's disk cannot take the file just now; it is offered again until it can";
  if (of_file && name == "cannot-store")
    return "the receiver's disk failed again while it took the file; send it again once that is "
           "mended";
  if (step == Step::Confirmation && name == "hash-mismatch")
    return "what arrived is not what was sent; send the file again";
  return "";
}

std::string_view meaning(Step step, const StanzaError& error) {
  if (const auto own = meaning_of_own(step, error); !own.empty()) return own;
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) {
    return one.step == step && one.conditions.has(error.condition);
  });
  return row == std::end(kRows) ? "the peer said no" : row->meaning;
}

std::string_view silence(Step step) {
  switch (step) {
    case Step::SiOffer: return "nobody answered the offer in time";
    case Step::S5bOffer:
      return "the peer did not say in time which of the offered hosts it reached";
    case Step::S5bActivation: return "the proxy did not answer in time";
    case Step::IbbOpen: return "the peer did not answer the in-band stream's opening in time";
    case Step::IbbBlock:
      return "the peer, or a server, did not take a block of the in-band stream in time";
    case Step::Confirmation: return "the receiver did not say in time whether it has the file";
  }
  return "no answer in time";
}

}  // namespace

Error explain(Step step, const IqFailure& failure) {
  Error why = failure.to_error("");
  switch (failure.kind) {
    case IqFailure::Kind::Timeout: why.detail = silence(step); break;
    case IqFailure::Kind::Disconnected:
      why.detail = "our session with the server ended meanwhile";
      break;
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
