// SPDX-License-Identifier: MIT
#pragma once

#include "model/job.h"
#include "negotiation/negotiator.h"

namespace xmppftd {

/// How much an offer must have in common with a job to be about the same file. Always: account, bare JID, name and size,
/// and no hash that contradicts.
enum class Likeness {
  SameMoment,  ///< made right after the other one: hash and date are equal or both absent
  AnyTime,     ///< days may lie between: an equal hash or an equal date must prove it
};

/// Does `offer`, made to `account`, offer the file of this incoming job again?
bool is_same_file(const JobRecord& job, AccountId account, const Offer& offer, Likeness likeness);

}  // namespace xmppftd
