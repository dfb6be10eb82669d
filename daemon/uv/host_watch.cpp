// SPDX-License-Identifier: MIT
#include "uv/host_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"

namespace xmppftd {
namespace {

/// By interface, sorted. The same address is told again and again where routers announce it.
std::vector<std::string> current_addresses() {
  std::vector<std::string> addresses;
  uv_interface_address_t* found = nullptr;
  int count = 0;
  if (uv_interface_addresses(&found, &count) != 0) return addresses;
  for (int i = 0; i < count; ++i) {
    std::array<char, 64> text{};
    const auto& each = found[i];
    if (each.address.address4.sin_family == AF_INET6)
      uv_ip6_name(&each.address.address6, text.data(), text.size());
    else
      uv_ip4_name(&each.address.address4, text.data(), text.size());
    addresses.push_back(std::string(each.name) + " " + text.data());
  }
  uv_free_interface_addresses(found, count);
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

UniqueFd open_netlink() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl wanted{};
  wanted.nl_family = AF_NETLINK;
  wanted.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) != 0)
    return {};
  return fd;
}

}  // namespace

HostWatch::HostWatch(Loop& loop, std::function<void()> on_changed)
    : loop_(loop),
      on_changed_(std::move(on_changed)),
      addresses_(current_addresses()),
      fd_(open_netlink()) {
  if (!fd_) {
    log::info("uv", "the kernel does not tell of changed addresses");
    return;
  }
  watch_ = std::make_unique<Watch<HostWatch>>(loop.native(), fd_.get(), *this);
  watch_->want(UV_READABLE);
}

void HostWatch::ready(int, int) {
  // What it says does not matter, and what it could not say neither: the list is read anew.
  std::array<char, 8192> message{};
  ssize_t n = 0;
  do n = ::recv(fd_.get(), message.data(), message.size(), 0);
  while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS)));
  if (!settling_) settling_ = loop_.after(kSettled, [this] { settled(); });
}

void HostWatch::settled() {
  settling_.reset();
  auto addresses = current_addresses();
  if (addresses == addresses_) return;
  addresses_ = std::move(addresses);
  log::info("uv", "this machine has other addresses now");
  on_changed_();
}

}  // namespace xmppftd
