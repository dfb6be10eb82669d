// SPDX-License-Identifier: MIT
// Prosody 0.12 (mod_proxy65.lua) and ejabberd 23.01 (mod_proxy65_stream.erl) between two daemons of
// ours.
#include "scenario/play.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Proxied : Play {
  Proxied() {
    bob_trusts_ann();
    wires.black_holes = {"10.0.0.1", "10.0.0.2"};
  }
  void send_by_any_way() { send(some_content(5000), std::vector<std::string>{}); }
};

}  // namespace

TEST_CASE("Prosody: wants greeting and request in one segment each", "[peers]") {
  Proxied play;
  play.wires.proxy_wants_whole_messages = true;
  play.send_by_any_way();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  play.check_nothing_left();
}

TEST_CASE("Prosody: names its proxy by its DNS name", "[peers]") {
  Proxied play;
  play.server.proxy_host = "files.example.org";
  play.wires.names["files.example.org"] = Wires::kProxyHost;
  play.kill(play.ann);
  play.start_ann();
  play.settle();
  play.send_by_any_way();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  CHECK(play.ann->job().host == Wires::kProxyHost);
  play.check_nothing_left();
}

TEST_CASE("ejabberd: closes what is not activated within 60 s", "[peers]") {
  Proxied play;
  play.server.hold("<activate");
  play.send_by_any_way();
  REQUIRE(play.until([&] { return play.server.held() == 1; }));
  const auto connected_at = play.timers.now();
  REQUIRE(play.until(
      [&] { return play.ann->state() == "active"; }));  // in-band: it does not wait for that
  CHECK(play.timers.now() - connected_at < 60s);
  CHECK(play.ann->job().method == "si-ibb");
  play.server.release();
  play.until_ended();
  play.check_arrived();
}

TEST_CASE("ejabberd: joins no more than its max_connections, and says so when asked to",
          "[peers]") {
  Proxied play;
  play.server.activate = [](const std::string&, const std::string&, const std::string&) {
    return false;
  };
  play.server.activation_error = "resource-constraint";
  play.send_by_any_way();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
  CHECK(Play::story(play.ann_disk)
            .find("failed: proxy.example.org: the proxy takes no more streams") !=
        std::string::npos);
  CHECK(Play::story(play.ann_disk).find("resource-constraint") != std::string::npos);
  play.check_nothing_left();
}

TEST_CASE("a proxy that refuses the connection itself", "[peers]") {
  Proxied play;
  play.wires.proxy_knows = [](const std::string&) { return false; };
  play.send_by_any_way();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
  CHECK(Play::story(play.bob_disk).find("socks5: 10.0.0.9:7777: the streamhost refused") !=
        std::string::npos);
  play.check_nothing_left();
}
