// SPDX-License-Identifier: MIT
#include "support/fake_network.h"

#include <fcntl.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

namespace xmppftd::test {
namespace {

Bytes bytes_of(std::string_view hex) {
  std::string digits;
  std::copy_if(hex.begin(), hex.end(), std::back_inserter(digits), [](char c) { return c != ' '; });
  auto bytes = from_hex(digits);
  if (!bytes) throw std::invalid_argument("not hexadecimal: " + digits);
  return *bytes;
}

UniqueFd some_descriptor() { return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

}  // namespace

/// Our end: what the code under test holds.
struct RemoteEnd::End final : Socket {
  End(std::shared_ptr<RemoteEnd> its_remote, SocketAddress its_peer, UniqueFd its_descriptor)
      : remote(std::move(its_remote)), address(its_peer), descriptor(std::move(its_descriptor)) {}
  ~End() override {
    remote->handler_ = nullptr;
    remote->closed_ = !remote->released_;
  }
  void want(std::size_t count) override { remote->wanted_ = count; }
  void write(ByteView bytes) override {
    if (remote->handler_)
      remote->written_.insert(remote->written_.end(), bytes.begin(), bytes.end());
  }
  UniqueFd release() override {
    remote->handler_ = nullptr;
    remote->released_ = true;
    remote->descriptor_ = descriptor.get();
    return std::move(descriptor);
  }
  SocketAddress peer() const override { return address; }

  std::shared_ptr<RemoteEnd> remote;
  SocketAddress address;
  UniqueFd descriptor;
};

void RemoteEnd::accept() {
  if (handler_) handler_->on_connected();
}

void RemoteEnd::fail(Errc code) {
  if (auto* told = std::exchange(handler_, nullptr))
    told->on_closed(Error{code, "the far end said so"});
}

void RemoteEnd::send(std::string_view hex) {
  const Bytes bytes = bytes_of(hex);
  arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
  deliver();
}

void RemoteEnd::deliver() {
  while (handler_ && wanted_ > 0 && !arrived_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(wanted_, arrived_.size()));
    const Bytes piece(arrived_.begin(), arrived_.begin() + count);
    arrived_.erase(arrived_.begin(), arrived_.begin() + count);
    handler_->on_bytes(piece);
  }
}

void RemoteEnd::expect(std::string_view hex) {
  INFO("at " << address);
  CHECK(to_hex(written_) == to_hex(bytes_of(hex)));
  written_.clear();
}

std::string RemoteEnd::in_kernel() const { return to_hex(arrived_); }

struct FakeNetwork::Listening final : Listener {
  Listening(std::shared_ptr<std::vector<Listening*>> all, SocketAddress where, OnAccept callback)
      : listeners(std::move(all)), at(where), on_accept(std::move(callback)) {
    listeners->push_back(this);
  }
  ~Listening() override { listeners->erase(std::find(listeners->begin(), listeners->end(), this)); }
  SocketAddress address() const override { return at; }

  std::shared_ptr<std::vector<Listening*>> listeners;
  SocketAddress at;
  OnAccept on_accept;
};

struct FakeNetwork::Pending final : Lookup {
  std::unique_ptr<Timer> answer;
};

RemoteEnd& FakeNetwork::expect_connect(std::string_view wanted) {
  if (dialled_.empty()) FAIL("no connect(); expected one to " << wanted);
  RemoteEnd& end = *dialled_.front();
  dialled_.pop_front();
  REQUIRE(end.address == wanted);
  return end;
}

RemoteEnd* FakeNetwork::next_connect() {
  if (dialled_.empty()) return nullptr;
  RemoteEnd* end = dialled_.front();
  dialled_.pop_front();
  return end;
}

void FakeNetwork::expect_no_connect() {
  if (!dialled_.empty()) FAIL("connect() to " << dialled_.front()->address);
}

RemoteEnd& FakeNetwork::dial(std::string_view from, std::uint16_t from_port) {
  const auto peer = test::address(from, from_port);
  const auto found =
      std::find_if(listeners_->begin(), listeners_->end(),
                   [&](const Listening* one) { return one->at.is_v6() == peer.is_v6(); });
  if (found == listeners_->end()) FAIL("nobody listens");
  UniqueFd descriptor = some_descriptor();
  ends_.push_back(std::shared_ptr<RemoteEnd>(new RemoteEnd(peer.str())));
  RemoteEnd& end = *ends_.back();
  accepted_[descriptor.get()] = ends_.back();
  end.closed_ = true;  // unless it is adopted
  (*found)->on_accept(std::move(descriptor), peer);
  return end;
}

std::vector<std::string> FakeNetwork::listening() const {
  std::vector<std::string> all;
  for (const auto* one : *listeners_) all.push_back(one->at.str());
  return all;
}

std::size_t FakeNetwork::open() const {
  return static_cast<std::size_t>(std::count_if(ends_.begin(), ends_.end(), [](const auto& end) {
    return !end->closed_ && !end->released_;
  }));
}

std::unique_ptr<Socket> FakeNetwork::connect(const SocketAddress& to, Socket::Handler& handler) {
  ends_.push_back(std::shared_ptr<RemoteEnd>(new RemoteEnd(to.str())));
  ends_.back()->handler_ = &handler;
  dialled_.push_back(ends_.back().get());
  return std::make_unique<RemoteEnd::End>(ends_.back(), to, some_descriptor());
}

std::unique_ptr<Socket> FakeNetwork::adopt(UniqueFd connection, Socket::Handler& handler) {
  auto end = accepted_.extract(connection.get()).mapped();
  end->handler_ = &handler;
  end->closed_ = false;
  const auto colon = end->address.rfind(':');
  std::string host = end->address.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  const auto port = static_cast<std::uint16_t>(std::stoi(end->address.substr(colon + 1)));
  return std::make_unique<RemoteEnd::End>(std::move(end), test::address(host, port),
                                          std::move(connection));
}

Result<std::unique_ptr<Listener>> FakeNetwork::listen(const SocketAddress& at,
                                                      Listener::OnAccept on_accept) {
  if (listening_fails) return Error{Errc::Network, at.str() + ": Address already in use"};
  const auto where = at.port() == 0 ? at.with_port(next_port_++) : at;
  return std::unique_ptr<Listener>(
      std::make_unique<Listening>(listeners_, where, std::move(on_accept)));
}

std::unique_ptr<Network::Lookup> FakeNetwork::resolve(std::string_view host, std::uint16_t port,
                                                      OnResolved done) {
  auto pending = std::make_unique<Pending>();
  Result<std::vector<SocketAddress>> answer =
      Error{Errc::Dns, std::string(host) + ": no such name"};
  if (const auto literal = SocketAddress::parse(host, port)) {
    answer = std::vector{*literal};
  } else {
    looked_up_.emplace_back(host);
    if (const auto found = names.find(host); found != names.end()) {
      if (found->second.empty()) return pending;
      std::vector<SocketAddress> all;
      for (const auto& one : found->second) all.push_back(test::address(one, port));
      answer = std::move(all);
    }
  }
  pending->answer =
      timers_.after(std::chrono::milliseconds(0), [callback = std::move(done), answer]() mutable {
        auto keep = std::move(callback);  // the answer may destroy the Lookup and us with it
        keep(std::move(answer));
      });
  return pending;
}

Network::Interface FakeNetwork::interface(std::string name, std::string_view its_address) {
  return {std::move(name), test::address(its_address)};
}

SocketAddress address(std::string_view host, std::uint16_t port) {
  auto parsed = SocketAddress::parse(host, port);
  if (!parsed) throw std::invalid_argument(parsed.error().detail);
  return *parsed;
}

}  // namespace xmppftd::test
