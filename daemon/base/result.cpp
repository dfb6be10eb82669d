// SPDX-License-Identifier: MIT
#include "base/result.h"

namespace xmppftd {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::Declined: return "Declined";
    case Errc::PeerOffline: return "PeerOffline";
    case Errc::NoSuchPeer: return "NoSuchPeer";
    case Errc::PeerUnsupported: return "PeerUnsupported";
    case Errc::NoCommonMethod: return "NoCommonMethod";
    case Errc::StreamFailed: return "StreamFailed";
    case Errc::Timeout: return "Timeout";
    case Errc::Cancelled: return "Cancelled";
    case Errc::Interrupted: return "Interrupted";
    case Errc::HashMismatch: return "HashMismatch";
    case Errc::Protocol: return "Protocol";
    case Errc::Constraint: return "Constraint";
    case Errc::FileMissing: return "FileMissing";
    case Errc::FileChanged: return "FileChanged";
    case Errc::Unreadable: return "Unreadable";
    case Errc::NotRegularFile: return "NotRegularFile";
    case Errc::UnsafeFolder: return "UnsafeFolder";
    case Errc::DiskFull: return "DiskFull";
    case Errc::PeerCannotStore: return "PeerCannotStore";
    case Errc::StoreFailed: return "StoreFailed";
    case Errc::Io: return "Io";
    case Errc::Unavailable: return "Unavailable";
    case Errc::Exists: return "Exists";
    case Errc::NotOnline: return "NotOnline";
    case Errc::AuthFailed: return "AuthFailed";
    case Errc::NoPassword: return "NoPassword";
    case Errc::Tls: return "Tls";
    case Errc::Dns: return "Dns";
    case Errc::Network: return "Network";
    case Errc::Conflict: return "Conflict";
    case Errc::BadJid: return "BadJid";
    case Errc::BadUri: return "BadUri";
    case Errc::BadFd: return "BadFd";
    case Errc::BadArgument: return "BadArgument";
    case Errc::Config: return "Config";
    case Errc::NoSuchJob: return "NoSuchJob";
    case Errc::NoSuchAccount: return "NoSuchAccount";
    case Errc::BadState: return "BadState";
    case Errc::TooMany: return "TooMany";
    case Errc::Policy: return "Policy";
    case Errc::SecretStore: return "SecretStore";
    case Errc::Internal: return "Internal";
  }
  return "?";
}

}  // namespace xmppftd
