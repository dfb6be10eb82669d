// SPDX-License-Identifier: MIT
#include "transfer/job.h"

#include <cassert>

#include "base/log.h"

namespace xmppftd {

HashState verified_by(HashAlgo algo) noexcept {
  switch (algo) {
    case HashAlgo::Md5: return HashState::Md5;
    case HashAlgo::Sha1: return HashState::SizeOnly;
    case HashAlgo::Sha256: return HashState::Sha256;
  }
  return HashState::SizeOnly;
}

Job::Job(JobRecord record, bool on_disk) : now_(std::move(record)), on_disk_(on_disk) {}

const JobRecord* Job::shown() const noexcept {
  if (!on_disk_) return nullptr;
  return shown_ ? shown_.get() : &now_;
}

JobRecord& Job::edit() {
  if (on_disk_ && !shown_) shown_ = std::make_unique<JobRecord>(now_);
  ++version_;
  return now_;
}

bool Job::change(JobState to, JobReason reason) {
  const auto from = now_.state;
  if (!can_change(now_.direction, from, to)) {
    log::error("job", "job " + std::to_string(id()) + ": bug: " + std::string(to_string(from)) +
                          " -> " + std::string(to_string(to)) + " is not a legal move");
    assert(!"illegal move of a job");
    return false;
  }
  auto& record = edit();
  record.state = to;
  record.reason = reason;
  if (to == from) return true;
  if (to == JobState::Active) record.started_at = wall_now();
  if (is_terminal(to)) record.finished_at = wall_now();
  log::debug("job", "job " + std::to_string(id()) + ": " + std::string(to_string(from)) + " -> " +
                        std::string(to_string(to)) + " " + std::string(to_string(reason)));
  return true;
}

void Job::set_durable(std::uint64_t bytes) {
  now_.durable = bytes;
  if (shown_) shown_->durable = bytes;
}

void Job::set_label(const StreamLabel& label) {
  auto& record = edit();
  record.method = label.method;
  record.route = label.route;
  record.host = label.host;
  record.port = label.port;
}

bool Job::committed(std::uint64_t version) {
  if (version != version_) return false;
  on_disk_ = true;
  shown_.reset();
  return true;
}

}  // namespace xmppftd
