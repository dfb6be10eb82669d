// SPDX-License-Identifier: MIT
#include "model/job.h"

namespace xmppftd {
namespace {

struct StateWord {
  JobState state;
  std::string_view word;
};
constexpr StateWord kStates[] = {
    {JobState::Queued, "queued"},
    {JobState::Offered, "offered"},
    {JobState::Connecting, "connecting"},
    {JobState::Active, "active"},
    {JobState::Paused, "paused"},
    {JobState::Verifying, "verifying"},
    {JobState::Done, "done"},
    {JobState::Failed, "failed"},
    {JobState::Cancelled, "cancelled"},
    {JobState::Unknown, "unknown"},
};

struct ReasonWord {
  JobReason reason;
  std::string_view word;
};
constexpr ReasonWord kReasons[] = {
    {JobReason::None, ""},
    {JobReason::WaitingSlot, "waiting-slot"},
    {JobReason::WaitingAccount, "waiting-account"},
    {JobReason::WaitingPeer, "waiting-peer"},
    {JobReason::WaitingNetwork, "waiting-network"},
    {JobReason::Backoff, "backoff"},
    {JobReason::Scheduled, "scheduled"},
    {JobReason::Held, "held"},
    {JobReason::AwaitingUser, "awaiting-user"},
    {JobReason::AwaitingAgent, "awaiting-agent"},
    {JobReason::AwaitingPeer, "awaiting-peer"},
    {JobReason::Uploading, "uploading"},
    {JobReason::Stalled, "stalled"},
    {JobReason::ServerLimit, "server-limit"},
    {JobReason::User, "user"},
    {JobReason::DiskLow, "disk-low"},
    {JobReason::Metered, "metered"},
    {JobReason::Suspend, "suspend"},
    {JobReason::Declined, "declined"},
    {JobReason::PeerOffline, "peer-offline"},
    {JobReason::NoSuchPeer, "no-such-peer"},
    {JobReason::PeerUnsupported, "peer-unsupported"},
    {JobReason::NoMethod, "no-method"},
    {JobReason::Timeout, "timeout"},
    {JobReason::Io, "io"},
    {JobReason::DiskFull, "disk-full"},
    {JobReason::FileChanged, "file-changed"},
    {JobReason::FileMissing, "file-missing"},
    {JobReason::HashMismatch, "hash-mismatch"},
    {JobReason::Interrupted, "interrupted"},
    {JobReason::Policy, "policy"},
    {JobReason::Protocol, "protocol"},
    {JobReason::Internal, "internal"},
    {JobReason::Refused, "refused"},
    {JobReason::Peer, "peer"},
    {JobReason::Withdrawn, "withdrawn"},
    {JobReason::Expired, "expired"},
    {JobReason::AwaitingFolder, "awaiting-folder"},
    {JobReason::Unknown, "unknown"},
};

}  // namespace

WallTime wall_now() noexcept {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::Out ? "out" : "in";
}

std::string_view to_string(JobState state) noexcept {
  for (const auto& row : kStates)
    if (row.state == state) return row.word;
  return "?";
}

std::string_view to_string(JobReason reason) noexcept {
  for (const auto& row : kReasons)
    if (row.reason == reason) return row.word;
  return "?";
}

std::optional<JobState> job_state_from(std::string_view word) noexcept {
  for (const auto& row : kStates)
    if (row.word == word) return row.state;
  return std::nullopt;
}

std::optional<JobReason> job_reason_from(std::string_view word) noexcept {
  for (const auto& row : kReasons)
    if (row.word == word) return row.reason;
  return std::nullopt;
}

bool is_terminal(JobState state) noexcept {
  return state == JobState::Done || state == JobState::Failed || state == JobState::Cancelled;
}

bool is_live(JobState state) noexcept { return !is_terminal(state) && state != JobState::Unknown; }

bool is_under_way(JobState state) noexcept {
  return state == JobState::Offered || state == JobState::Connecting || state == JobState::Active ||
         state == JobState::Verifying;
}

bool can_change(Direction direction, JobState from, JobState to) noexcept {
  using S = JobState;
  if (from == to) return is_live(from);  // the reason may change
  const bool out = direction == Direction::Out;
  switch (from) {
    case S::Queued:
      return to == S::Offered || to == S::Connecting || to == S::Paused || to == S::Failed ||
             to == S::Cancelled;
    case S::Offered:
      return to == S::Connecting || to == S::Failed || to == S::Cancelled || to == S::Paused ||
             (out && (to == S::Queued || to == S::Done));
    case S::Connecting:
      return to == S::Active || to == S::Queued || to == S::Paused || to == S::Failed ||
             to == S::Cancelled || (out && to == S::Offered);  // by another way
    case S::Active:
      return to == S::Verifying || to == S::Queued || to == S::Paused || to == S::Failed ||
             to == S::Cancelled;
    case S::Paused:
      return to == S::Queued || to == S::Active || to == S::Failed || to == S::Cancelled;
    case S::Verifying:
      return to == S::Done || to == S::Queued || to == S::Paused || to == S::Failed ||
             to == S::Cancelled;
    case S::Done: return false;
    case S::Failed:
    case S::Cancelled: return out && to == S::Queued;  // retry
    case S::Unknown: return false;
  }
  return false;
}

std::string_view to_string(Delivery delivery) noexcept {
  switch (delivery) {
    case Delivery::None: return "";
    case Delivery::HandedOver: return "handed-over";
    case Delivery::Confirmed: return "confirmed";
    case Delivery::Unknown: return "unknown";
  }
  return "?";
}

std::string_view to_string(HashState state) noexcept {
  switch (state) {
    case HashState::None: return "none";
    case HashState::SizeOnly: return "size-only";
    case HashState::Md5: return "md5";
    case HashState::Sha256: return "sha-256";
    case HashState::Mismatch: return "mismatch";
    case HashState::Unknown: return "unknown";
  }
  return "?";
}

}  // namespace xmppftd
