// SPDX-License-Identifier: MIT
#include "transfer/verdict.h"

#include <algorithm>

namespace xmppftd {

Verdict judge(Errc code) noexcept {
  switch (code) {
    case Errc::Declined: return {Fate::Fail, JobReason::Declined};
    case Errc::PeerOffline: return {Fate::AwaitPeer, JobReason::PeerOffline};
    case Errc::NoSuchPeer: return {Fate::Fail, JobReason::NoSuchPeer};
    case Errc::PeerUnsupported: return {Fate::Fail, JobReason::PeerUnsupported};
    case Errc::NoCommonMethod: return {Fate::Fail, JobReason::NoMethod};
    case Errc::StreamFailed: return {Fate::Retry, JobReason::NoMethod};
    case Errc::Timeout: return {Fate::Retry, JobReason::Timeout};
    case Errc::Cancelled: return {Fate::Cancel, JobReason::Peer};
    case Errc::Interrupted: return {Fate::Retry, JobReason::Interrupted};
    case Errc::HashMismatch: return {Fate::Fail, JobReason::HashMismatch};
    case Errc::Protocol: return {Fate::Fail, JobReason::Protocol};
    case Errc::Constraint:
      return {Fate::NotNow, JobReason::Declined};  // "not now" that stays so is a no
    case Errc::Unavailable: return {Fate::NotNow, JobReason::Io};
    case Errc::FileMissing: return {Fate::Fail, JobReason::FileMissing};
    case Errc::FileChanged:
    case Errc::NotRegularFile: return {Fate::Fail, JobReason::FileChanged};
    case Errc::DiskFull: return {Fate::Fail, JobReason::DiskFull};
    case Errc::Unreadable:
    case Errc::Exists:
    case Errc::BadFd:
    case Errc::Io: return {Fate::Fail, JobReason::Io};
    case Errc::NotOnline:
    case Errc::AuthFailed:
    case Errc::NoPassword:
    case Errc::Tls:
    case Errc::Dns:
    case Errc::Network:
    case Errc::Conflict: return {Fate::AwaitAccount, JobReason::Interrupted};
    case Errc::BadJid: return {Fate::Fail, JobReason::NoSuchPeer};
    case Errc::UnsafeFolder:
    case Errc::Policy: return {Fate::Fail, JobReason::Policy};
    case Errc::BadUri:
    case Errc::BadArgument:
    case Errc::Config:
    case Errc::NoSuchJob:
    case Errc::NoSuchAccount:
    case Errc::BadState:
    case Errc::TooMany:
    case Errc::SecretStore:
    case Errc::Internal: return {Fate::Fail, JobReason::Internal};
  }
  return {Fate::Fail, JobReason::Internal};
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
