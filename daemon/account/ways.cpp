// SPDX-License-Identifier: MIT
#include "account/ways.h"

#include <algorithm>

namespace xmppftd {
namespace {

bool has_all(const PeerFeatures& peer, const Method& method) {
  return std::all_of(method.features.begin(), method.features.end(),
                     [&](std::string_view feature) { return peer.has(feature); });
}

void add_word(std::string& list, std::string_view word) {
  list += (list.empty() ? "" : ", ") + std::string(word);
}

/// The words of the methods that ip_policy always allows.
std::string words_that_hide_us() {
  std::string words;
  for (const auto& method : all_methods())
    if (!method.shows_address) add_word(words, method.word);
  return words;
}

}  // namespace

Ways::Ways(const std::vector<Negotiator*>& negotiators, const std::vector<MethodChoice>& methods,
           const PeerTrust& trust) {
  for (const auto& choice : methods) {
    // Written by another version, or for an extension that is gone.
    if (!MethodChoice::parse(choice.str())) {
      left_out_.push_back({choice, {Errc::NoCommonMethod, "this xmppftd knows no such method"}});
      continue;
    }
    const Method* method = find_method(choice.id);
    const auto negotiator =
        std::find_if(negotiators.begin(), negotiators.end(), [&](const Negotiator* one) {
          return one->family() == method->family && one->carries(*method);
        });
    if (negotiator == negotiators.end())
      left_out_.push_back({choice, {Errc::PeerUnsupported, "the configuration does not name it"}});
    else if (method->shows_address && !trust.streams_allowed)
      left_out_.push_back(
          {choice, {Errc::Policy, "ip_policy is ibb-only, and it shows the peer our address"}});
    else
      usable_.push_back({choice, method, *negotiator});
  }
}

bool Ways::need_resource() const {
  return std::any_of(usable_.begin(), usable_.end(),
                     [](const Usable& one) { return one.method->needs_resource; });
}

bool Ways::can_reach(const PeerFeatures& features) const {
  return std::any_of(usable_.begin(), usable_.end(), [&](const Usable& one) {
    return one.method->needs_resource && has_all(features, *one.method);
  });
}

Result<SendPlan> Ways::to(const Jid& asked,
                          const std::optional<Result<PeerFinder::Found>>& found) const {
  SendPlan plan{{}, left_out_};
  for (const auto& [choice, method, negotiator] : usable_) {
    Way way{negotiator, asked, {}, {choice}};
    if (method->needs_resource) {
      if (!*found) {
        plan.left_out.push_back({choice, found->error()});
        continue;
      }
      if (!has_all((*found)->features, *method)) {
        plan.left_out.push_back({choice, {Errc::PeerUnsupported, "the peer does not take it"}});
        continue;
      }
      way.peer = (*found)->peer;
      way.features = (*found)->features;
    }
    // What one signalling protocol agrees on is one offer, as far as the order of preference lets
    // it.
    if (!plan.ways.empty() && plan.ways.back().negotiator == negotiator &&
        plan.ways.back().peer == way.peer)
      plan.ways.back().methods.push_back(choice);
    else
      plan.ways.push_back(std::move(way));
  }
  if (!plan.ways.empty()) return plan;
  if (found && !*found) return found->error();
  const auto left_out_for = [this](Errc code) {
    return std::count_if(left_out_.begin(), left_out_.end(),
                         [code](const SendPlan::LeftOut& one) { return one.why.code == code; });
  };
  if (const auto unknown = left_out_for(Errc::NoCommonMethod);
      unknown > 0 && static_cast<std::size_t>(unknown) == left_out_.size())
    return Error{Errc::NoCommonMethod,
                 MethodChoice::parse(left_out_.back().method.str()).error().detail};
  if (left_out_for(Errc::Policy) > 0)
    return Error{Errc::Policy,
                 "ip_policy is ibb-only, and no method of this job keeps our address "
                 "to ourselves; name one that does: " +
                     words_that_hide_us()};
  std::string words;
  for (const auto& one : left_out_) add_word(words, one.method.str());
  return Error{Errc::NoCommonMethod,
               "the configuration's \"methods\" names none that this job may use (" + words +
                   "); name one there, or send the file by a method that it names"};
}

}  // namespace xmppftd
