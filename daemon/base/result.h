// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace xmppftd {

/// Why something expected to fail sometimes did: peer, disk, network or input. A small closed set;
/// every table that translates it (stanza error, D-Bus name, job reason) is one switch without
/// `default`.
enum class Errc {
  // What a peer or server did
  Declined,         ///< the peer's user said no
  PeerOffline,      ///< no available resource, or the stanza bounced
  NoSuchPeer,       ///< the server says the account or domain does not exist
  PeerUnsupported,  ///< online, but knows none of our protocols
  NoCommonMethod,   ///< the peer and we share no stream method (XEP-0095 no-valid-streams)
  StreamFailed,     ///< a stream method did not open; the next one may
  Timeout,          ///< a step's timer passed
  Cancelled,        ///< the other side gave up on purpose
  Interrupted,      ///< the stream ended before the last byte
  HashMismatch,     ///< all bytes are here and they are the wrong ones
  Protocol,         ///< bytes or stanzas that break the standard
  Constraint,       ///< the peer is short of a resource (wait/resource-constraint)
  // Files
  FileMissing,
  FileChanged,  ///< identity, size or times differ from when it was queued
  Unreadable,   ///< permission denied
  NotRegularFile,
  UnsafeFolder,  ///< a folder that others can write to, or that is not ours
  DiskFull,
  /// the receiver's disk or folder cannot take the file now, which it says: that may pass
  PeerCannotStore,
  StoreFailed,  ///< the receiver's disk failed again: it does not try any more
  Io,
  /// our own system cannot just now (descriptors, memory, a file server): time may cure it
  Unavailable,
  Exists,
  // Sessions
  NotOnline,
  AuthFailed,
  NoPassword,
  Tls,
  Dns,
  Network,
  Conflict,  ///< the same resource logged in elsewhere
  // Input
  BadJid,
  BadUri,
  BadFd,
  BadArgument,
  Config,
  NoSuchJob,
  NoSuchAccount,
  BadState,
  TooMany,
  Policy,  ///< our own rules forbid it
  SecretStore,
  Internal,
};

/// The enumerator's name, for logs and tests ("DiskFull").
std::string_view to_string(Errc code) noexcept;

/// A failure. `detail` is one English sentence for people (value, rule, remedy) and is never
/// parsed.
struct Error {
  Errc code = Errc::Internal;
  std::string detail;
};

/// A value or the Error in its place. Reading the side that is not there is a bug (assert).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool ok() const noexcept { return state_.index() == 0; }

  T& value() & {
    assert(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    assert(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    assert(ok());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & {
    assert(!ok());
    return std::get<1>(state_);
  }
  const Error& error() const& {
    assert(!ok());
    return std::get<1>(state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const noexcept { return !error_.has_value(); }
  bool ok() const noexcept { return !error_.has_value(); }
  Error& error() & {
    assert(error_);
    return *error_;
  }
  const Error& error() const& {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace xmppftd
