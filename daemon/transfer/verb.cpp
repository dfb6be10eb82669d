// SPDX-License-Identifier: MIT
#include "transfer/verb.h"

namespace xmppftd {
namespace {

bool is_open_offer(const JobRecord& record) {
  return record.direction == Direction::In && record.state == JobState::Offered && !record.accepted;
}
/// Also of a job in a state that is not ours: whoever names it gives it up.
bool can_leave(const JobRecord& record) { return !is_live(record.state); }
/// Not while the file is being put in place: it may have its name already.
bool can_end(const JobRecord& record) {
  return is_live(record.state) &&
         (!record.publishing || record.reason == JobReason::AwaitingFolder);
}

constexpr Verb kVerbs[] = {
    {"accept", is_open_offer, "", false},
    {"decline", is_open_offer, "", false},
    {"cancel", can_end,
     "what has ended can be removed, and what is being put in place ends in a moment", true},
    {"remove", can_leave, "cancel it before it is removed", true},
};

consteval const Verb& row(std::string_view word) {
  for (const auto& verb : kVerbs)
    if (verb.word == word) return verb;
  throw word;  // a mistake of the compiled program
}

}  // namespace

const Verb& kAccept = row("accept");
const Verb& kDecline = row("decline");
const Verb& kCancel = row("cancel");
const Verb& kRemove = row("remove");

std::span<const Verb> all_verbs() noexcept { return kVerbs; }

const Verb* find_verb(std::string_view word) noexcept {
  for (const auto& verb : kVerbs)
    if (verb.word == word) return &verb;
  return nullptr;
}

std::vector<std::string_view> actions_of(const JobRecord& record) {
  std::vector<std::string_view> words;
  for (const auto& verb : kVerbs)
    if (verb.fits(record)) words.push_back(verb.word);
  return words;
}

}  // namespace xmppftd
