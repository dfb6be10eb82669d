// SPDX-License-Identifier: MIT
#include "strophe/stream_gate.h"

#include <utility>

namespace xmppftd {
namespace {

constexpr std::string_view kStartTls = "urn:ietf:params:xml:ns:xmpp-tls\x1fstarttls";
constexpr std::string_view kBind =
    "urn:ietf:params:xml:ns:xmpp-bind\x1f"
    "bind";
constexpr char kMechanisms[] = "urn:ietf:params:xml:ns:xmpp-sasl\x1fmechanisms";
constexpr char kMechanism[] = "urn:ietf:params:xml:ns:xmpp-sasl\x1fmechanism";

std::string_view local_name(std::string_view name) {
  const auto cut = name.find(kNameSeparator);
  return cut == name.npos ? name : name.substr(cut + 1);
}

}  // namespace

StreamGate::Kind StreamGate::kind_of(std::string_view name) noexcept {
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"http://etherx.jabber.org/streams\x1f"
       "features",
       Kind::Features},
      {"http://etherx.jabber.org/streams\x1f"
       "error",
       Kind::StreamError},
      {"urn:ietf:params:xml:ns:xmpp-tls\x1fproceed", Kind::Proceed},
      {"urn:ietf:params:xml:ns:xmpp-sasl\x1f"
       "challenge",
       Kind::Challenge},
      {"urn:ietf:params:xml:ns:xmpp-sasl\x1fsuccess", Kind::Success},
      {"urn:ietf:params:xml:ns:xmpp-sasl\x1f"
       "failure",
       Kind::Failure},
  };
  for (const auto& [known, kind] : kKinds)
    if (name == known) return kind;
  return Kind::Other;
}

void StreamGate::start(const char* name, const char** attributes) {
  if (sealed_) return brake_.refuse("data behind <proceed/>");
  const unsigned depth = depth_++;
  if (depth == 1) {
    kind_ = PolicyScope::current() == nullptr ? Kind::Other : kind_of(name);
    features_ = {};
    challenge_.clear();
    empty_ = true;
  } else if (depth == 2) {
    start_child(name);
  }
  if (!holding_) next_.start(name, attributes);
}

void StreamGate::start_child(std::string_view name) {
  empty_ = false;
  if (kind_ == Kind::Features) {
    features_.starttls |= name == kStartTls;
    features_.bind |= name == kBind;
    holding_ = name == kMechanisms;
    features_.mechanisms |= holding_;
  } else if (kind_ == Kind::Failure && local_name(name) != "text") {
    PolicyScope::current()->on_sasl_failure(local_name(name));
  }
}

void StreamGate::text(std::string_view text) {
  empty_ = false;
  if (holding_) {
    if (depth_ == 4) mechanism_.append(text);
    return;
  }
  if (kind_ == Kind::Challenge) challenge_.append(text);
  next_.text(text);
}

void StreamGate::end(const char* name) {
  --depth_;
  if (holding_) {
    if (depth_ == 3) offered_.push_back(std::exchange(mechanism_, {}));
    if (depth_ == 2) end_mechanisms();
    return;
  }
  if (depth_ == 1 && !end_stream_element()) return;
  next_.end(name);
}

void StreamGate::end_mechanisms() {
  holding_ = false;
  const std::string chosen = PolicyScope::current()->choose_mechanism(std::exchange(offered_, {}));
  const char* none[] = {nullptr};
  next_.start(kMechanisms, none);
  if (!chosen.empty()) {
    next_.start(kMechanism, none);
    next_.text(chosen);
    next_.end(kMechanism);
  }
  next_.end(kMechanisms);
}

/// Before libstrophe acts on a stream-level element. False when it must not.
bool StreamGate::end_stream_element() {
  StreamPolicy* const policy = PolicyScope::current();
  switch (std::exchange(kind_, Kind::Other)) {
    case Kind::Other:
    case Kind::Failure:
      return true;
    case Kind::Features:
      if (policy->on_features(features_)) return true;
      brake_.refuse("unusable stream features");
      return false;
    case Kind::Challenge:
      if (policy->on_challenge(challenge_)) return true;
      brake_.refuse("an unusable SASL challenge");
      return false;
    case Kind::Success:
      policy->on_sasl_success();
      return true;
    case Kind::Proceed:
      sealed_ = true;  // lifted by the new parser behind the handshake
      return true;
    case Kind::StreamError:
      if (empty_)
        next_.text(" ");  // COMPAT libstrophe 0.12.2: looks for the next sibling of no child
      return true;
  }
  return true;
}

}  // namespace xmppftd
