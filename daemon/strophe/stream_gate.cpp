// SPDX-License-Identifier: MIT
#include "strophe/stream_gate.h"

#include <algorithm>
#include <utility>

namespace xmppftd {
namespace {

constexpr std::string_view kStartTls = "urn:ietf:params:xml:ns:xmpp-tls\x1fstarttls";
constexpr std::string_view kBind =
    "urn:ietf:params:xml:ns:xmpp-bind\x1f"
    "bind";
constexpr std::string_view kPreApproval = "urn:xmpp:features:pre-approval\x1fsub";
constexpr char kMechanisms[] = "urn:ietf:params:xml:ns:xmpp-sasl\x1fmechanisms";
constexpr char kMechanism[] = "urn:ietf:params:xml:ns:xmpp-sasl\x1fmechanism";

constexpr std::size_t kMaxComplaint = 1024;  // of its text; what is over is left out

std::string_view local_name(std::string_view name) {
  const auto cut = name.find(kNameSeparator);
  return cut == name.npos ? name : name.substr(cut + 1);
}

std::string_view value_of(const char** attributes, std::string_view key) {
  for (; *attributes != nullptr; attributes += 2)
    if (attributes[0] == key) return attributes[1];
  return "";
}

/// Whether this answers one of libstrophe's own requests at the end of a login.
bool is_bind_error(const char** attributes) {
  const auto id = value_of(attributes, "id");
  return value_of(attributes, "type") == "error" && (id == "_xmpp_bind1" || id == "_xmpp_session1");
}

}  // namespace

StreamGate::Kind StreamGate::kind_of(std::string_view name, const char** attributes) noexcept {
  if (name == kIq) return is_bind_error(attributes) ? Kind::BindError : Kind::Other;
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
  StreamPolicy* const policy = PolicyScope::current();
  words_ = nullptr;
  if (depth == 0) {
    if (policy != nullptr) policy->on_header(value_of(attributes, "from"));
  } else if (depth == 1) {
    kind_ = policy == nullptr ? Kind::Other : kind_of(name, attributes);
    features_ = {};
    challenge_.clear();
    complaint_ = {};
    empty_ = true;
  } else if (depth == 2) {
    start_child(name);
  } else if (depth == 3 && kind_ == Kind::BindError && in_error_) {
    start_condition(name);
  }
  if (!holding_) next_.start(name, attributes);
}

void StreamGate::start_child(std::string_view name) {
  empty_ = false;
  if (kind_ == Kind::Features) {
    features_.starttls |= name == kStartTls;
    features_.bind |= name == kBind;
    features_.pre_approval |= name == kPreApproval;
    holding_ = name == kMechanisms;
    features_.mechanisms |= holding_;
  } else if (kind_ == Kind::Failure || kind_ == Kind::StreamError) {
    start_condition(name);
  }
  in_error_ = local_name(name) == "error";  // beside it stands our request, sent back
}

/// A condition or the text beside it; the first condition counts, others are the application's own.
void StreamGate::start_condition(std::string_view name) {
  if (local_name(name) == "text") {
    words_ = &complaint_.text;
  } else if (complaint_.condition.empty()) {
    complaint_.condition = local_name(name);
    words_ = &complaint_.content;
  }
}

void StreamGate::text(std::string_view text) {
  empty_ = false;
  if (holding_) {
    if (depth_ == 4) mechanism_.append(text);
    return;
  }
  if (kind_ == Kind::Challenge) challenge_.append(text);
  if (words_ != nullptr)
    words_->append(text.substr(0, kMaxComplaint - std::min(words_->size(), kMaxComplaint)));
  next_.text(text);
}

void StreamGate::end(const char* name) {
  --depth_;
  words_ = nullptr;
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
    case Kind::Other: return true;
    case Kind::Failure: policy->on_sasl_failure(complaint_.condition, complaint_.text); return true;
    case Kind::BindError:
      policy->on_bind_failure(complaint_.condition, complaint_.text);
      return true;
    case Kind::Features:
      if (policy->on_features(features_)) return true;
      brake_.refuse("unusable stream features");
      return false;
    case Kind::Challenge:
      if (policy->on_challenge(challenge_)) return true;
      brake_.refuse("an unusable SASL challenge");
      return false;
    case Kind::Success: policy->on_sasl_success(); return true;
    case Kind::Proceed:
      sealed_ = true;  // lifted by the new parser behind the handshake
      return true;
    case Kind::StreamError:
      policy->on_stream_error(complaint_.condition, complaint_.content, complaint_.text);
      if (empty_)
        next_.text(" ");  // COMPAT libstrophe 0.12.2: looks for the next sibling of no child
      return true;
  }
  return true;
}

}  // namespace xmppftd
