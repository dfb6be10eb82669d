// SPDX-License-Identifier: MIT
#include "transfer/verb.h"

namespace xmppftd {
namespace {

bool is_open_offer(const JobRecord& record) {
  return record.direction == Direction::In && record.state == JobState::Offered &&
         record.folder.empty();
}
bool has_ended(const JobRecord& record) { return is_terminal(record.state); }
bool can_end(const JobRecord& record) { return is_live(record.state); }

}  // namespace

const Verb kAccept{"accept", is_open_offer, "", false};
const Verb kDecline{"decline", is_open_offer, "", false};
const Verb kCancel{"cancel", can_end, "it can be removed, not cancelled", true};
const Verb kRemove{"remove", has_ended, "cancel it before it is removed", true};

std::span<const Verb* const> all_verbs() noexcept {
  static constexpr const Verb* kVerbs[] = {&kAccept, &kDecline, &kCancel, &kRemove};
  return kVerbs;
}

const Verb* find_verb(std::string_view word) noexcept {
  for (const auto* verb : all_verbs())
    if (verb->word == word) return verb;
  return nullptr;
}

std::vector<std::string_view> actions_of(const JobRecord& record) {
  std::vector<std::string_view> words;
  // Nothing can be done while the file is being put in place.
  if (record.publishing && !is_terminal(record.state)) return words;
  for (const auto* verb : all_verbs())
    if (verb->fits(record)) words.push_back(verb->word);
  return words;
}

}  // namespace xmppftd
