// SPDX-License-Identifier: MIT
#pragma once

#include "model/job.h"
#include "negotiation/negotiator.h"
#include "transfer/job_list.h"
#include "transfer/queue_config.h"

namespace xmppftd {

/// How much an offer must have in common with a job to be about the same file. Always: account,
/// bare JID, name and size, and no hash that contradicts. Where both have a file id, equal ids are
/// all that is needed beside that, and others are other files.
enum class Likeness {
  SameMoment,  ///< made right after the other one: hash and date are equal or both absent
  /// made while the other one lives: the same, and one of them is there. Without either two offers
  /// are two files, and only their ids tell them apart
  Proven,
  AnyTime,  ///< days may lie between: an equal hash or an equal date must prove it
};

/// Does `offer`, made to `account`, offer the file of this incoming job again?
bool is_same_file(const JobRecord& job, AccountId account, const Offer& offer, Likeness likeness);
/// The same for a job whose stream was lost then: an offer within `relink_within` follows at once
/// on what was lost.
bool is_offered_again(const JobRecord& job, AccountId account, const Offer& offer, WallTime lost_at,
                      std::chrono::seconds relink_within);

/// The job whose file this is, by its id, and that is done, on disk.
Job* find_done(JobList& jobs, AccountId account, const Offer& offer);

/// The job of this file that the user cancelled while it came in, or that our disk failed twice,
/// and whose sender cannot know: to it the stream broke, for neither SOCKS5 nor IBB has a word for
/// more. It counts for as long as the sender may take to offer again what was lost
/// (QueueConfig::refuse_again_within); where the sender was away, for as long as it would have been
/// waited for. None for an offer of a program that does not offer again by itself
/// (Offer::can_confirm): there it is a person's will.
Job* find_ended(JobList& jobs, AccountId account, const Offer& offer, const QueueConfig& config);

}  // namespace xmppftd
