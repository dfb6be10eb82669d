// SPDX-License-Identifier: MIT
#include "strophe/stanza_limiter.h"

#include "strophe/stream_policy.h"

namespace xmppftd {
namespace {

constexpr std::string_view kXmlLang = "http://www.w3.org/XML/1998/namespace\x1flang";
constexpr std::size_t kMarkup = 5;  // <a></a>, and about as much for key='value'

}  // namespace

void StanzaLimiter::start(const char* name, const char** attributes) {
  flush();
  const unsigned depth = depth_++;
  if (depth <= 1) {
    elements_ = 0;
    bytes_ = 0;
    over_ = false;
    long_ = depth == 1 && may_be_long(name, attributes);
  }
  measure(name, attributes);
  if (long_ && depth > 1) return roster_.start(depth, name, attributes);
  if (depth == 0 && over_) return brake_.refuse("the stream header is over the limits");
  // The stanza itself is passed on in any case: its frame says whom to answer.
  if (over_ && depth > 1) return;
  ++built_;
  next_.start(name, kept_.data());
}

void StanzaLimiter::measure(std::string_view name, const char** attributes) {
  kept_.clear();
  if (++elements_ > StanzaLimits::kElements || depth_ > StanzaLimits::kDepth + 1) go_over();
  const auto cut = name.find(kNameSeparator);
  if (cut != name.npos && cut > StanzaLimits::kNamespaceBytes) go_over();
  count(2 * (cut == name.npos ? name.size() : name.size() - cut - 1) + kMarkup);

  unsigned seen = 0;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view key = attributes[0];
    const std::string_view value = attributes[1];
    count(key.size() + value.size() + kMarkup);
    if (++seen > StanzaLimits::kAttributes || key.size() > StanzaLimits::kAttributeBytes ||
        value.size() > StanzaLimits::kAttributeBytes) {
      go_over();
    } else if (key == kXmlLang) {
      kept_.insert(kept_.end(), {"xml:lang", attributes[1]});
    } else if (key.find(kNameSeparator) == key.npos) {
      kept_.insert(kept_.end(), {attributes[0], attributes[1]});
    }
  }
  kept_.push_back(nullptr);
}

bool StanzaLimiter::may_be_long(std::string_view name, const char** attributes) {
  StreamPolicy* const policy = PolicyScope::current();
  if (policy == nullptr || name != kIq) return false;
  std::string_view type, id, from;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view key = attributes[0];
    if (key == "type") type = attributes[1];
    if (key == "id") id = attributes[1];
    if (key == "from") from = attributes[1];
  }
  return type == "result" && policy->may_be_long(id, from);
}

void StanzaLimiter::text(std::string_view piece) {
  if (depth_ < 2) return;  // keep-alive white space
  count(piece.size());
  if (long_) return roster_.text(depth_ - 1, piece);
  if (!over_) text_.append(piece);
}

void StanzaLimiter::end(const char* name) {
  flush();
  if (depth_ == built_) {
    StreamPolicy* const policy = PolicyScope::current();
    const bool truncated = depth_ == 2 && over_ && policy != nullptr;
    if (depth_ == 2 && long_ && policy != nullptr) policy->on_contact_list(roster_.take());
    if (truncated) policy->on_truncated(true);
    next_.end(name);
    if (truncated) policy->on_truncated(false);
    --built_;
  } else if (long_) {
    roster_.end(depth_ - 1);
  }
  --depth_;
}

void StanzaLimiter::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ > StanzaLimits::kBytes) go_over();
  if (bytes_ > (long_ ? StanzaLimits::kLongGiveUpBytes : StanzaLimits::kGiveUpBytes))
    brake_.refuse("a stanza without an end");
}

void StanzaLimiter::go_over() {
  if (long_) return;
  over_ = true;
  text_.clear();
  if (PolicyScope::current() == nullptr) brake_.refuse("a stanza over the limits");
}

void StanzaLimiter::flush() {
  if (text_.empty()) return;
  next_.text(text_);
  text_.clear();
}

}  // namespace xmppftd
