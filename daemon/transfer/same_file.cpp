// SPDX-License-Identifier: MIT
#include "transfer/same_file.h"

#include "transfer/job_filter.h"

namespace xmppftd {
namespace {

template <class T>
bool both_equal(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a == *b;
}

}  // namespace

bool is_same_file(const JobRecord& job, AccountId account, const Offer& offer, Likeness likeness) {
  const auto& file = offer.file;
  if (job.account != account || bare_part(job.peer) != offer.peer.bare().str()) return false;
  if (job.file.name != safe_file_name(file.name) || job.file.size != file.size) return false;
  if (job.file.hash && file.hash && *job.file.hash != *file.hash) return false;
  if (likeness == Likeness::SameMoment) return job.file.hash == file.hash && job.file.modified == file.modified;
  return both_equal(job.file.hash, file.hash) || both_equal(job.file.modified, file.modified);
}

}  // namespace xmppftd
