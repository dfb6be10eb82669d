// SPDX-License-Identifier: MIT
#include "bus/errors.h"

#include "base/text.h"

namespace xmppftd {
namespace {

constexpr const char* kPrefix = "org.xmppft.Error.";
constexpr const char* kJobPrefix = "org.xmppft.Error.Job.";
constexpr std::size_t kMaxText = 4096;

}  // namespace

std::string bus_error_name(Errc code) {
  const std::string own(kPrefix);
  const std::string job(kJobPrefix);
  switch (code) {
    case Errc::Declined: return job + "Declined";
    case Errc::PeerOffline: return job + "PeerOffline";
    case Errc::NoSuchPeer: return job + "NoSuchPeer";
    case Errc::PeerUnsupported: return job + "PeerUnsupported";
    case Errc::NoCommonMethod: return job + "NoMethod";
    case Errc::StreamFailed: return job + "NoMethod";
    case Errc::Cancelled: return job + "Peer";
    case Errc::Interrupted: return job + "Interrupted";
    case Errc::HashMismatch: return job + "HashMismatch";
    case Errc::PeerCannotStore:
    case Errc::StoreFailed: return job + "Io";
    case Errc::Protocol: return job + "Protocol";
    case Errc::Constraint: return job + "Protocol";
    case Errc::FileChanged: return job + "FileChanged";
    case Errc::Policy: return job + "Policy";
    case Errc::FileMissing: return own + "Unreadable";
    case Errc::Unreadable: return own + "Unreadable";
    case Errc::UnsafeFolder: return own + "Unreadable";
    case Errc::NotRegularFile: return own + "NotRegularFile";
    case Errc::DiskFull: return own + "DiskFull";
    case Errc::Unavailable:
    case Errc::Io: return own + "Io";
    case Errc::Exists: return own + "Exists";
    // Why an account is not online is told by the message; the caller's remedy is the same.
    case Errc::Timeout:
    case Errc::Tls:
    case Errc::Dns:
    case Errc::Network:
    case Errc::Conflict:
    case Errc::NotOnline: return own + "NotOnline";
    case Errc::AuthFailed: return own + "AuthFailed";
    case Errc::NoPassword: return own + "NoPassword";
    case Errc::BadJid: return own + "BadJid";
    case Errc::BadUri: return own + "BadUri";
    case Errc::BadFd: return own + "BadFd";
    case Errc::BadArgument: return kInvalidArgs;
    case Errc::Config: return own + "Config";
    case Errc::NoSuchJob: return own + "NoSuchJob";
    case Errc::NoSuchAccount: return own + "NoSuchAccount";
    case Errc::BadState: return own + "BadState";
    case Errc::TooMany: return own + "TooMany";
    case Errc::SecretStore: return own + "SecretStore";
    case Errc::Internal: return own + "Internal";
  }
  return own + "Internal";
}

sdbus::Error to_bus_error(const Error& error) { return {bus_error_name(error.code), error.detail}; }
sdbus::Error invalid_args(const std::string& message) { return {kInvalidArgs, message}; }

sdbus::Error sendable(const sdbus::Error& error) {
  const std::string& name = error.getName();
  if (name.starts_with(kPrefix) || name == kInvalidArgs || name == kNoReply)
    return {name, std::string(cut_text(valid_text(error.getMessage()), kMaxText))};
  return invalid_args(
      "an argument cannot be read (" + valid_text(error.getMessage()) +
      "); D-Bus text is UTF-8 without NUL and without noncharacters such as U+FFFE or U+FDD0");
}

sdbus::Error what_is_thrown() {
  try {
    throw;
  } catch (const sdbus::Error& problem) {
    return sendable(problem);
  } catch (const std::exception& problem) {
    return sendable(to_bus_error({Errc::Internal, problem.what()}));
  } catch (...) {
    return to_bus_error({Errc::Internal, "something was thrown that is no exception"});
  }
}

std::string job_error_name(const std::string& error_name) {
  return error_name.empty() ? "" : kJobPrefix + error_name;
}

}  // namespace xmppftd
