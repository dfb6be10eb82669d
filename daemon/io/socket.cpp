// SPDX-License-Identifier: MIT
#include "io/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "base/text.h"

namespace xmppftd {
namespace {

const sockaddr_in& v4(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}
const sockaddr_in6& v6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}
sockaddr_in& v4(sockaddr_storage& storage) { return reinterpret_cast<sockaddr_in&>(storage); }
sockaddr_in6& v6(sockaddr_storage& storage) { return reinterpret_cast<sockaddr_in6&>(storage); }

}  // namespace

Result<SocketAddress> SocketAddress::parse(std::string_view literal, std::uint16_t port) {
  const std::string text(literal);
  SocketAddress address;
  if (text.find('\0') == std::string::npos) {
    if (::inet_pton(AF_INET, text.c_str(), &v4(address.storage_).sin_addr) == 1) {
      address.storage_.ss_family = AF_INET;
      return address.with_port(port);
    }
    if (::inet_pton(AF_INET6, text.c_str(), &v6(address.storage_).sin6_addr) == 1) {
      address.storage_.ss_family = AF_INET6;
      return address.with_port(port);
    }
  }
  return Error{Errc::BadArgument,
               in_quotes(text) + " is not an address; write one such as 192.0.2.1 or 2001:db8::1"};
}

SocketAddress SocketAddress::from(const sockaddr_storage& address) {
  SocketAddress copy;
  copy.storage_ = address;
  return copy;
}

socklen_t SocketAddress::native_size() const noexcept {
  return is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

std::uint16_t SocketAddress::port() const noexcept {
  return ntohs(is_v6() ? v6(storage_).sin6_port : v4(storage_).sin_port);
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const {
  SocketAddress copy = *this;
  (is_v6() ? v6(copy.storage_).sin6_port : v4(copy.storage_).sin_port) = htons(port);
  return copy;
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* address = is_v6() ? static_cast<const void*>(&v6(storage_).sin6_addr)
                                : static_cast<const void*>(&v4(storage_).sin_addr);
  ::inet_ntop(storage_.ss_family, address, text.data(), text.size());
  return text.data();
}

std::string SocketAddress::str() const {
  return (is_v6() ? "[" + host() + "]" : host()) + ":" + std::to_string(port());
}

Bytes SocketAddress::bytes() const {
  if (!is_v6()) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(&v4(storage_).sin_addr);
    return {first, first + 4};
  }
  const auto* first = v6(storage_).sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6(storage_).sin6_addr)) return {first + 12, first + 16};
  return {first, first + 16};
}

}  // namespace xmppftd
