// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

// The SOCKS5 handshakes of XEP-0065 (section 9 "SOCKS5 Parameter Mapping", RFC 1928), without
// sockets: bytes in, bytes out. Both machines say exactly how many bytes the next step still needs,
// so a caller that reads no more leaves the payload behind the handshake in the kernel, where a
// worker finds it.
namespace xmppftd {

/// What feeding a machine gave.
struct Socks5Step {
  std::size_t consumed = 0;  ///< bytes taken from the front; what is left is payload
  Bytes reply;               ///< to be written in one piece, may be empty
};

/// Who connects to a streamhost.
///
///   AwaitingMethod -> AwaitingReply -> Open
///          \______________\----------> Failed
class Socks5Client {
 public:
  enum class State { AwaitingMethod, AwaitingReply, Open, Failed };

  /// `dst_addr`: 40 hexadecimal digits (xep0065 dst_addr()).
  explicit Socks5Client(std::string dst_addr);

  /// The greeting, to be written once the connection is up: 05 01 00.
  static Bytes greeting();
  State state() const noexcept { return state_; }
  /// Bytes that the next step still needs; 0 in Open and Failed.
  std::size_t wanted() const noexcept { return wanted_; }
  /// Takes at most one whole handshake from `in`, however it is cut. The reply, once, is the
  /// 47-byte CONNECT.
  Socks5Step feed(ByteView in);
  /// Why it Failed: Protocol (no SOCKS5 server), StreamFailed (it refused).
  const Error& error() const noexcept { return error_; }

 private:
  void method(Socks5Step& step);
  void reply();
  void fail(Errc code, std::string detail);

  State state_ = State::AwaitingMethod;
  std::string dst_addr_;
  Bytes buffer_;  // the message being read: at most 262 bytes
  std::size_t wanted_ = 2;
  Error error_;
};

/// Who listens and is the streamhost. It stops with the DST.ADDR and waits for its caller's
/// verdict.
///
///   AwaitingGreeting -> AwaitingRequest -> AwaitingVerdict -> Open
///          \__________________\__________________\---------> Failed
class Socks5Server {
 public:
  enum class State { AwaitingGreeting, AwaitingRequest, AwaitingVerdict, Open, Failed };

  State state() const noexcept { return state_; }
  /// Bytes that the next step still needs; 0 in AwaitingVerdict, Open and Failed. At most 304 over
  /// the whole handshake.
  std::size_t wanted() const noexcept { return wanted_; }
  /// As in the client. In Failed a reply may be left to write before the connection is closed.
  Socks5Step feed(ByteView in);

  /// What the client asks for, 40 lower-case digits; from AwaitingVerdict on. A peer may write
  /// upper case.
  const std::string& dst_addr() const noexcept { return dst_addr_; }
  /// The verdict, only in AwaitingVerdict. Returns the 47 bytes to write. REP 2 (not allowed by
  /// ruleset) refuses.
  Bytes accept();
  Bytes refuse();

  /// Why it Failed: Protocol, or StreamFailed after refuse().
  const Error& error() const noexcept { return error_; }

 private:
  void greeting(Socks5Step& step);
  void request(Socks5Step& step);
  void fail(Socks5Step& step, std::uint8_t rep, std::string detail);

  State state_ = State::AwaitingGreeting;
  Bytes buffer_;
  std::size_t wanted_ = 2;
  std::string dst_addr_;
  Error error_;
};

}  // namespace xmppftd
