// SPDX-License-Identifier: MIT
#include "uv/network.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

using namespace xmppftd;
using namespace std::chrono_literals;

namespace {

const SocketAddress kLoopback = *SocketAddress::parse("127.0.0.1", 0);

/// Writes down what happens, as "connected", "bytes <text>", "closed <code>".
struct Story final : Socket::Handler {
  std::vector<std::string> lines;
  std::function<void()> next;  // at the end of each call

  void on_connected() override { add("connected"); }
  void on_bytes(ByteView bytes) override {
    add("bytes " + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  void on_closed(Error why) override { add("closed " + std::string(to_string(why.code))); }
  void add(std::string line) {
    lines.push_back(std::move(line));
    if (const auto call = next) call();
  }
};

/// A loop with a listener, the connections it accepted, and a limit of 5 s on every wait.
struct World {
  Loop loop;
  UvNetwork network{loop};
  std::vector<UniqueFd> accepted;
  std::unique_ptr<Listener> listener;
  Story story;

  void listen() {
    auto result = network.listen(kLoopback, [this](UniqueFd connection, SocketAddress) {
      accepted.push_back(std::move(connection));
    });
    REQUIRE(result);
    listener = std::move(result.value());
  }
  template <class Condition>
  bool until(Condition condition) {
    const auto deadline = loop.now() + 5s;
    auto tick = loop.after(5000ms, [] {});  // so that run_once() always returns
    while (!condition() && loop.now() < deadline) uv_run(loop.native(), UV_RUN_ONCE);
    return condition();
  }
  /// A socket to our listener, both ends there.
  std::unique_ptr<Socket> connected() {
    listen();
    auto socket = network.connect(listener->address(), story);
    CHECK(story.lines.empty());
    REQUIRE(until([&] { return story.lines.size() == 1 && accepted.size() == 1; }));
    CHECK(story.lines == std::vector<std::string>{"connected"});
    story.lines.clear();
    return socket;
  }
  void far_sends(std::string_view text) {
    REQUIRE(::send(accepted[0].get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  std::string far_receives() {
    char text[64];
    pollfd readable{accepted[0].get(), POLLIN, 0};
    ::poll(&readable, 1, 5000);
    const auto got = ::recv(accepted[0].get(), text, sizeof text, 0);
    return {text, got > 0 ? static_cast<std::size_t>(got) : 0};
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("network: connects, writes, and reads no more than was asked for", "[network]") {
  World world;
  auto socket = world.connected();
  CHECK(socket->peer().str() == world.listener->address().str());
  const std::string greeting("\x05\x01\x00", 3);
  socket->write(view_of(greeting));
  CHECK(world.far_receives() == greeting);

  world.far_sends("abcdefgh");
  socket->want(2);
  REQUIRE(world.until([&] { return world.story.lines.size() == 1; }));
  auto quiet = world.loop.after(20ms, [] {});
  for (int i = 0; i < 3; ++i) world.loop.run_pending();
  CHECK(world.story.lines == Lines{"bytes ab"});  // want() is used up
  socket->want(3);
  REQUIRE(world.until([&] { return world.story.lines.size() == 2; }));
  CHECK(world.story.lines.back() == "bytes cde");
}

TEST_CASE("network: a released descriptor carries on with what was not read", "[network]") {
  World world;
  auto socket = world.connected();
  world.far_sends("ABpayload");
  socket->want(2);
  REQUIRE(world.until([&] { return world.story.lines.size() == 1; }));
  UniqueFd fd = socket->release();
  REQUIRE(fd);
  const bool early = GENERATE(true, false);
  if (early) socket.reset();
  world.far_sends("!");
  for (int i = 0; i < 3; ++i) world.loop.run_pending();
  CHECK(world.story.lines == Lines{"bytes AB"});
  char text[32];
  const auto got = ::recv(fd.get(), text, sizeof text, 0);
  CHECK(std::string(text, static_cast<std::size_t>(got)) == "payload!");
  CHECK(::recv(fd.get(), text, sizeof text, 0) == -1);  // non-blocking
  CHECK(errno == EAGAIN);

  // A worker's epoll can have it, and the same number can be watched by us again.
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  CHECK(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) == 0);
  auto again = world.network.adopt(std::move(fd), world.story);
  again->want(1);
  world.far_sends("?");
  REQUIRE(world.until([&] { return world.story.lines.size() == 2; }));
  CHECK(world.story.lines.back() == "bytes ?");
}

TEST_CASE("network: both ends of a connection may be ours", "[network]") {
  World world;
  auto socket = world.connected();
  Story far;
  auto adopted = world.network.adopt(std::move(world.accepted[0]), far);
  adopted->want(100);
  socket->write(view_of("hello"));
  REQUIRE(world.until([&] { return !far.lines.empty(); }));
  CHECK(far.lines == Lines{"bytes hello"});
  socket.reset();
  REQUIRE(world.until([&] { return far.lines.size() == 2; }));
  CHECK(far.lines.back() == "closed Interrupted");
}

TEST_CASE("network: refused, ended and reset connections are told once, never at once",
          "[network]") {
  World world;
  SECTION("refused") {
    world.listen();
    const auto address = world.listener->address();
    world.listener.reset();
    auto socket = world.network.connect(address, world.story);
    CHECK(world.story.lines.empty());
    REQUIRE(world.until([&] { return !world.story.lines.empty(); }));
    CHECK(world.story.lines == Lines{"closed Network"});
  }
  SECTION("unreachable") {
    auto socket = world.network.connect(*SocketAddress::parse("255.255.255.255", 9), world.story);
    CHECK(world.story.lines.empty());
    REQUIRE(world.until([&] { return !world.story.lines.empty(); }));
    CHECK(world.story.lines == Lines{"closed Network"});
  }
  SECTION("ended") {
    auto socket = world.connected();
    world.far_sends("x");
    world.accepted.clear();
    socket->want(10);
    REQUIRE(world.until([&] { return world.story.lines.size() == 2; }));
    CHECK(world.story.lines == Lines{"bytes x", "closed Interrupted"});
  }
  SECTION("reset") {
    auto socket = world.connected();
    socket->want(10);
    const linger hard{1, 0};
    ::setsockopt(world.accepted[0].get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    world.accepted.clear();
    REQUIRE(world.until([&] { return !world.story.lines.empty(); }));
    CHECK(world.story.lines == Lines{"closed Network"});
  }
  for (int i = 0; i < 3; ++i) world.loop.run_pending();
  CHECK(world.story.lines.size() <= 2);
}

TEST_CASE("network: a peer that takes no handshake bytes is closed", "[network]") {
  World world;
  auto socket = world.connected();
  const std::string much(16 << 20, 'x');  // more than the kernel takes at once
  socket->write(view_of(much));
  CHECK(world.story.lines.empty());
  socket->write(view_of("more"));
  socket->want(1);
  REQUIRE(world.until([&] { return !world.story.lines.empty(); }));
  CHECK(world.story.lines == Lines{"closed Network"});
  CHECK_FALSE(socket->release());
}

TEST_CASE("network: a socket may be destroyed in each of its calls, and before any", "[network]") {
  World world;
  std::unique_ptr<Socket> socket;
  SECTION("connecting") {
    world.listen();
    socket = world.network.connect(world.listener->address(), world.story);
    socket.reset();
    for (int i = 0; i < 3; ++i) world.loop.run_pending();
    CHECK(world.story.lines.empty());
  }
  SECTION("on_connected") {
    world.listen();
    world.story.next = [&] { socket.reset(); };
    socket = world.network.connect(world.listener->address(), world.story);
    CHECK(world.until([&] { return !socket; }));
  }
  SECTION("on_bytes") {
    socket = world.connected();
    world.story.next = [&] { socket.reset(); };
    socket->want(5);
    world.far_sends("hello");
    CHECK(world.until([&] { return !socket; }));
  }
  SECTION("on_closed") {
    socket = world.connected();
    world.story.next = [&] { socket.reset(); };
    socket->want(5);
    world.accepted.clear();
    CHECK(world.until([&] { return !socket; }));
  }
  SECTION("on_closed after a failed write") {
    socket = world.connected();
    world.story.next = [&] { socket.reset(); };
    socket->write(view_of(std::string(16 << 20, 'x')));
    CHECK(world.until([&] { return !socket; }));
  }
}

TEST_CASE("network: listeners of both families share a port and say which it is", "[network]") {
  World world;
  world.listen();
  const auto port = world.listener->address().port();
  CHECK(port != 0);
  auto v6 = world.network.listen(*SocketAddress::parse("::", port), [](UniqueFd, SocketAddress) {});
  if (v6) CHECK(v6.value()->address().port() == port);  // a host may have no IPv6
  const auto taken =
      world.network.listen(world.listener->address(), [](UniqueFd, SocketAddress) {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Errc::Network);
  CHECK(taken.error().detail.find(world.listener->address().str()) == 0);
}

TEST_CASE("network: a listener may be destroyed while it accepts", "[network]") {
  World world;
  std::unique_ptr<Listener> listener;
  int accepted = 0;
  auto result = world.network.listen(kLoopback, [&](UniqueFd, SocketAddress peer) {
    CHECK(peer.host() == "127.0.0.1");
    ++accepted;
    listener.reset();
  });
  listener = std::move(result.value());
  const auto address = listener->address();
  auto first = world.network.connect(address, world.story);
  auto second = world.network.connect(address, world.story);
  CHECK(world.until([&] { return accepted > 0; }));
  for (int i = 0; i < 3; ++i) world.loop.run_pending();
  CHECK(accepted == 1);
}

// UBSan needs a pipe to look at an object, so it cannot be told from a wild pointer here.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("network: out of descriptors a listener rests and does not spin", "[network]") {
  World world;
  world.listen();
  auto socket = world.network.connect(world.listener->address(), world.story);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  int turns = 0;
  const auto since = world.loop.now();
  auto tick = world.loop.after(50ms, [] {});
  while (world.loop.now() - since < 50ms) {
    uv_run(world.loop.native(), UV_RUN_ONCE);
    ++turns;
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(turns < 20);
  CHECK(world.accepted.empty());
  CHECK(world.until([&] { return world.accepted.size() == 1; }));
}

#endif

namespace network_test {

TEST_CASE("network: literals resolve without DNS, but not at once", "[network]") {
  World world;
  std::optional<Result<std::vector<SocketAddress>>> found;
  auto lookup =
      world.network.resolve("2001:db8::5", 7777, [&](auto result) { found = std::move(result); });
  CHECK_FALSE(found);
  REQUIRE(world.until([&] { return found.has_value(); }));
  REQUIRE(*found);
  REQUIRE((*found)->size() == 1);
  CHECK((*found)->front().str() == "[2001:db8::5]:7777");
}

TEST_CASE("network: names are looked up in the background", "[network]") {
  World world;
  std::optional<Result<std::vector<SocketAddress>>> found;
  std::unique_ptr<Network::Lookup> lookup;
  SECTION("that exist") {
    lookup =
        world.network.resolve("localhost", 80, [&](auto result) { found = std::move(result); });
    REQUIRE(world.until([&] { return found.has_value(); }));
    REQUIRE(*found);
    REQUIRE_FALSE((*found)->empty());
    for (const auto& address : **found) CHECK(address.port() == 80);
  }
  SECTION("that cannot") {
    lookup = world.network.resolve(std::string(300, 'a'), 80,
                                   [&](auto result) { found = std::move(result); });
    CHECK_FALSE(found);
    REQUIRE(world.until([&] { return found.has_value(); }));
    REQUIRE_FALSE(*found);
    CHECK(found->error().code == Errc::Dns);
  }
  SECTION("forgotten at once") {
    lookup =
        world.network.resolve("localhost", 80, [&](auto result) { found = std::move(result); });
    lookup.reset();
    auto literal =
        world.network.resolve("192.0.2.1", 80, [&](auto result) { found = std::move(result); });
    literal.reset();
  }
  SECTION("ended by their own answer") {
    lookup = world.network.resolve("localhost", 80, [&](auto) { lookup.reset(); });
    CHECK(world.until([&] { return !lookup; }));
  }
}

TEST_CASE("network: knows the loopback interface", "[network]") {
  World world;
  const auto interfaces = world.network.interfaces();
  CHECK(std::any_of(interfaces.begin(), interfaces.end(), [](const Network::Interface& interface) {
    return interface.address.host() == "127.0.0.1" && !interface.name.empty();
  }));
}

}  // namespace network_test
