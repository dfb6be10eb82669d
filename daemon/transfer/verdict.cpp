// SPDX-License-Identifier: MIT
#include "transfer/verdict.h"

#include <algorithm>

namespace xmppftd {

Verdict verdict_of(Errc code) noexcept {
  switch (code) {
    case Errc::Declined: return {Remedy::Fail, JobReason::Declined};
    case Errc::PeerOffline: return {Remedy::AwaitPeer, JobReason::PeerOffline};
    case Errc::NoSuchPeer: return {Remedy::Fail, JobReason::NoSuchPeer};
    case Errc::PeerUnsupported: return {Remedy::Fail, JobReason::PeerUnsupported};
    case Errc::NoCommonMethod: return {Remedy::Fail, JobReason::NoMethod};
    case Errc::StreamFailed: return {Remedy::Retry, JobReason::NoMethod};
    case Errc::Timeout: return {Remedy::Retry, JobReason::Timeout};
    case Errc::Cancelled: return {Remedy::Cancel, JobReason::Peer};
    case Errc::Interrupted: return {Remedy::Retry, JobReason::Interrupted};
    case Errc::HashMismatch: return {Remedy::Fail, JobReason::HashMismatch};
    case Errc::Protocol: return {Remedy::Fail, JobReason::Protocol};
    case Errc::Constraint:
      return {Remedy::NotNow, JobReason::Declined};  // "not now" that stays so is a no
    case Errc::Unavailable: return {Remedy::NotNow, JobReason::Io};
    case Errc::FileMissing: return {Remedy::Fail, JobReason::FileMissing};
    case Errc::FileChanged:
    case Errc::NotRegularFile: return {Remedy::Fail, JobReason::FileChanged};
    case Errc::DiskFull: return {Remedy::Fail, JobReason::DiskFull};
    case Errc::PeerCannotStore: return {Remedy::NotNow, JobReason::Io};
    case Errc::StoreFailed: return {Remedy::Fail, JobReason::Io};
    case Errc::Unreadable:
    case Errc::Exists:
    case Errc::BadFd:
    case Errc::Io: return {Remedy::Fail, JobReason::Io};
    case Errc::NotOnline:
    case Errc::AuthFailed:
    case Errc::NoPassword:
    case Errc::Tls:
    case Errc::Dns:
    case Errc::Network:
    case Errc::Conflict: return {Remedy::AwaitAccount, JobReason::Interrupted};
    case Errc::BadJid: return {Remedy::Fail, JobReason::NoSuchPeer};
    case Errc::UnsafeFolder:
    case Errc::Policy: return {Remedy::Fail, JobReason::Policy};
    case Errc::BadUri:
    case Errc::BadArgument:
    case Errc::Config:
    case Errc::NoSuchJob:
    case Errc::NoSuchAccount:
    case Errc::BadState:
    case Errc::TooMany:
    case Errc::SecretStore:
    case Errc::Internal: return {Remedy::Fail, JobReason::Internal};
  }
  return {Remedy::Fail, JobReason::Internal};
}

bool is_disk_trouble(Errc code) noexcept {
  switch (code) {
    case Errc::DiskFull:
    case Errc::Io:
    case Errc::FileMissing:
    case Errc::Unreadable:
    case Errc::NotRegularFile:
    case Errc::UnsafeFolder: return true;
    default: return false;
  }
}

bool may_go_another_way(Errc code) noexcept {
  switch (code) {
    case Errc::NoCommonMethod:
    case Errc::PeerUnsupported:
    case Errc::StreamFailed:
    case Errc::Protocol: return true;
    default: return false;
  }
}

std::chrono::milliseconds retry_delay(const QueueConfig& config, std::chrono::milliseconds first,
                                      unsigned times, double dice) noexcept {
  auto delay = first;
  for (unsigned i = 1; i < times && delay < config.max_delay; ++i) delay *= 2;
  delay = std::min(delay, config.max_delay);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(delay.count()) * (1 + config.jitter * dice)));
}

}  // namespace xmppftd
