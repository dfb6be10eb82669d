// SPDX-License-Identifier: MIT
#include "protocol/socks5.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace xmppftd {
namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kNoAuthentication = 0;
constexpr std::uint8_t kNoAcceptableMethod = 0xff;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kSucceeded = 0;
constexpr std::uint8_t kGeneralFailure = 1;
constexpr std::uint8_t kNotAllowed = 2;
constexpr std::uint8_t kCommandNotSupported = 7;
constexpr std::uint8_t kAddressTypeNotSupported = 8;
constexpr std::uint8_t kIpv4 = 1;
constexpr std::uint8_t kDomain = 3;
constexpr std::uint8_t kIpv6 = 4;
constexpr std::size_t kHead = 4;  // VER, CMD or REP, RSV, ATYP
constexpr std::size_t kPort = 2;
constexpr std::size_t kHashDigits = 40;

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && from_hex(text).has_value();
}

/// A CONNECT request or its reply: `code` is CMD or REP, the address the hash, the port 0.
Bytes connect_message(std::uint8_t code, std::string_view dst_addr) {
  Bytes message{kVersion, code, 0, kDomain, static_cast<std::uint8_t>(dst_addr.size())};
  message.insert(message.end(), dst_addr.begin(), dst_addr.end());
  message.insert(message.end(), {0, 0});
  return message;
}

/// Moves bytes from `in` into `buffer` until `wanted` is 0 or `in` is empty.
void take(ByteView in, Socks5Step& step, Bytes& buffer, std::size_t& wanted) {
  const auto rest = in.subspan(step.consumed);
  const std::size_t count = std::min(rest.size(), wanted);
  buffer.insert(buffer.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
  step.consumed += count;
  wanted -= count;
}

std::string number(std::uint8_t value) { return std::to_string(static_cast<unsigned>(value)); }

/// RFC 1928 section 6.
std::string_view meaning_of(std::uint8_t rep) {
  constexpr std::array<std::string_view, 9> kMeanings{
      "succeeded",           "general failure",       "not allowed by ruleset",
      "network unreachable", "host unreachable",      "connection refused",
      "TTL expired",         "command not supported", "address type not supported"};
  return rep < kMeanings.size() ? kMeanings[rep] : "unassigned code";
}

}  // namespace

Socks5Client::Socks5Client(std::string dst_addr) : dst_addr_(std::move(dst_addr)) {
  assert(is_hash(dst_addr_));
}

Bytes Socks5Client::greeting() { return {kVersion, 1, kNoAuthentication}; }

Socks5Step Socks5Client::feed(ByteView in) {
  Socks5Step step;
  while (wanted_ > 0 && step.consumed < in.size()) {
    take(in, step, buffer_, wanted_);
    if (state_ == State::AwaitingMethod)
      method(step);
    else
      reply();
  }
  return step;
}

void Socks5Client::method(Socks5Step& step) {
  if (buffer_[0] != kVersion)
    return fail(Errc::Protocol,
                "the streamhost's first byte is " + number(buffer_[0]) + ", not SOCKS version 5");
  if (wanted_ > 0) return;
  if (buffer_[1] != kNoAuthentication)
    return fail(Errc::StreamFailed,
                "the streamhost wants SOCKS method " + number(buffer_[1]) + ", not 0");
  buffer_.clear();
  wanted_ = kHead;
  state_ = State::AwaitingReply;
  step.reply = connect_message(kConnect, dst_addr_);
}

void Socks5Client::reply() {
  if (buffer_[0] != kVersion)
    return fail(Errc::Protocol,
                "the CONNECT reply starts with " + number(buffer_[0]) + ", not SOCKS version 5");
  // A refusal may be cut short by the server's close, so its code decides at once.
  if (buffer_.size() >= 2 && buffer_[1] != kSucceeded) {
    return fail(Errc::StreamFailed,
                "the streamhost refused: " + std::string(meaning_of(buffer_[1])) + " (REP " +
                    number(buffer_[1]) + ")");
  }
  if (wanted_ > 0) return;
  // COMPAT Pidgin: answers its own IP as text, others any address they have. So BND.ADDR and
  // BND.PORT are read and ignored.
  if (buffer_.size() == kHead) {
    switch (buffer_[3]) {
      // COMPAT ejabberd < 2.0.2: address type 0 and no address
      case 0: wanted_ = kPort; return;
      case kIpv4: wanted_ = 4 + kPort; return;
      case kDomain: wanted_ = 1; return;
      case kIpv6: wanted_ = 16 + kPort; return;
      default:
        return fail(Errc::Protocol,
                    "the CONNECT reply has address type " + number(buffer_[3]) + ", not 1, 3 or 4");
    }
  }
  if (buffer_[3] == kDomain && buffer_.size() == kHead + 1) {
    wanted_ = buffer_[kHead] + kPort;
    return;
  }
  buffer_.clear();
  state_ = State::Open;
}

void Socks5Client::fail(Errc code, std::string detail) {
  state_ = State::Failed;
  wanted_ = 0;
  error_ = {code, std::move(detail)};
}

Socks5Step Socks5Server::feed(ByteView in) {
  Socks5Step step;
  while (wanted_ > 0 && step.consumed < in.size()) {
    take(in, step, buffer_, wanted_);
    if (state_ == State::AwaitingGreeting)
      greeting(step);
    else
      request(step);
  }
  return step;
}

void Socks5Server::greeting(Socks5Step& step) {
  if (buffer_[0] != kVersion) {
    // No SOCKS5 client would understand any answer.
    state_ = State::Failed;
    wanted_ = 0;
    error_ = {Errc::Protocol,
              "the client's first byte is " + number(buffer_[0]) + ", not SOCKS version 5"};
    return;
  }
  if (wanted_ > 0) return;
  if (buffer_.size() == 2 && buffer_[1] > 0) {
    wanted_ = buffer_[1];
    return;
  }
  const bool offered =
      std::find(buffer_.begin() + 2, buffer_.end(), kNoAuthentication) != buffer_.end();
  if (!offered) {
    state_ = State::Failed;
    error_ = {Errc::Protocol,
              "the client offers " + number(buffer_[1]) + " SOCKS methods, but not method 0"};
    step.reply = {kVersion, kNoAcceptableMethod};
    return;
  }
  buffer_.clear();
  wanted_ = kHead + 1;
  state_ = State::AwaitingRequest;
  step.reply.insert(step.reply.end(), {kVersion, kNoAuthentication});
}

void Socks5Server::request(Socks5Step& step) {
  if (wanted_ > 0) return;
  if (buffer_.size() == kHead + 1) {
    if (buffer_[0] != kVersion || buffer_[2] != 0)
      return fail(step, kGeneralFailure, "the request is not one of SOCKS version 5");
    if (buffer_[1] != kConnect)
      return fail(step, kCommandNotSupported,
                  "the client sends command " + number(buffer_[1]) + ", not CONNECT");
    if (buffer_[3] != kDomain)
      return fail(step, kAddressTypeNotSupported,
                  "the client sends address type " + number(buffer_[3]) + ", not 3");
    if (buffer_[4] != kHashDigits)
      return fail(step, kGeneralFailure, "DST.ADDR has " + number(buffer_[4]) + " bytes, not 40");
    wanted_ = kHashDigits + kPort;
    return;
  }
  const std::string_view address(reinterpret_cast<const char*>(buffer_.data()) + kHead + 1,
                                 kHashDigits);
  const auto hash = from_hex(address);
  if (!hash) return fail(step, kGeneralFailure, "DST.ADDR is not hexadecimal");
  if (buffer_[45] != 0 || buffer_[46] != 0) return fail(step, kGeneralFailure, "DST.PORT is not 0");
  dst_addr_ = to_hex(*hash);
  state_ = State::AwaitingVerdict;
}

// COMPAT Smack, Dino: compare every byte with their request; gabble wants type 3 and port 0. So the
// reply echoes it, in the peer's own case.
Bytes Socks5Server::accept() {
  assert(state_ == State::AwaitingVerdict);
  state_ = State::Open;
  Bytes reply = std::move(buffer_);
  reply[1] = kSucceeded;
  buffer_ = {};
  return reply;
}

Bytes Socks5Server::refuse() {
  assert(state_ == State::AwaitingVerdict);
  state_ = State::Failed;
  error_ = {Errc::StreamFailed, "no offer waits for this DST.ADDR"};
  Bytes reply = std::move(buffer_);
  reply[1] = kNotAllowed;
  buffer_ = {};
  return reply;
}

void Socks5Server::fail(Socks5Step& step, std::uint8_t rep, std::string detail) {
  state_ = State::Failed;
  error_ = {Errc::Protocol, std::move(detail)};
  step.reply.insert(step.reply.end(), {kVersion, rep, 0, kIpv4, 0, 0, 0, 0, 0, 0});
}

}  // namespace xmppftd
