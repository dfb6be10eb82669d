// SPDX-License-Identifier: MIT
// One job finds its own way: direct, proxy, in-band. Its story says what was tried, where and why
// not.
#include "scenario/play.h"

namespace fallback_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

const std::vector<std::string> kEveryWay{};

/// These lines stand in the story, in this order, each with its time.
void check_story(const Disk& disk, const std::vector<std::string>& lines) {
  INFO(Play::story(disk));
  auto line = lines.begin();
  for (const auto& entry : disk.stories.at(1)) {
    CHECK(entry.at != WallTime{});
    if (line != lines.end() && (entry.what + ": " + entry.detail).starts_with(*line)) ++line;
  }
  INFO("missing: " << (line == lines.end() ? "" : *line));
  CHECK(line == lines.end());
}

}  // namespace

TEST_CASE("fallback: three black holes of five hosts, and the proxy carries it within 9 s",
          "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.more_interfaces["10.0.0.1"] = {"192.0.2.1", "192.0.2.2"};
  play.wires.black_holes = {"192.0.2.1", "192.0.2.2", "10.0.0.1"};
  // As Openfire: two addresses of one proxy, and nobody at the first.
  play.server.more_proxy_hosts = {{std::string(FakeServer::kProxy), "10.0.0.8", 7777, false}};
  play.kill(play.ann);
  play.start_ann();
  play.settle();
  play.send(some_content(5000), kEveryWay);
  REQUIRE(play.until(
      [&] { return play.bob->state() == "connecting" && play.ann->state() == "connecting"; }));
  const auto began = play.timers.now();
  REQUIRE(
      play.until([&] { return play.ann->state() == "active" && play.bob->state() == "active"; }));
  CHECK(play.timers.now() - began < 9s);
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  CHECK(play.ann->job().attempt == 1);
  check_story(play.ann_disk,
              {"offered hosts: 192.0.2.1:40001, 192.0.2.2:40001, 10.0.0.1:40001, 10.0.0.8:7777, "
               "10.0.0.9:7777",
               "accepted", "proxy: 10.0.0.8:7777: Connection refused",
               "proxy: connected to 10.0.0.9:7777", "active: si-socks5/proxy", "done"});
  check_story(play.bob_disk,
              {"accepted", "socks5: 192.0.2.1:40001: no answer",
               "socks5: 10.0.0.8:7777: Connection refused", "proxy: connected to 10.0.0.9:7777",
               "active: si-socks5/proxy", "done"});
  play.check_nothing_left();
}

TEST_CASE("fallback: nowhere a stream, so in-band; both stories name every address", "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.black_holes = {"10.0.0.1", "10.0.0.2", Wires::kProxyHost};
  play.send(some_content(5000), kEveryWay);
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
  check_story(play.ann_disk, {"offered hosts: 10.0.0.1:40001, 10.0.0.9:7777",
                              "failed: the peer reached none of the offered hosts",
                              "fallback: in-band, under the same sid", "active: si-ibb", "done"});
  check_story(play.bob_disk,
              {"socks5: 10.0.0.1:40001: no answer", "socks5: 10.0.0.9:7777: no answer",
               "failed: no streamhost answered in time", "fallback: in-band, under the same sid",
               "active: si-ibb", "done"});
  play.check_nothing_left();
}

TEST_CASE("fallback: the sender cannot reach the proxy that the receiver is connected to",
          "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.black_holes = {"10.0.0.1"};
  play.wires.cut = {{"10.0.0.1", Wires::kProxyHost}};
  play.send(some_content(5000), kEveryWay);
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().attempt == 1);
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.bob->job().method == "si-ibb");
  check_story(play.ann_disk,
              {"proxy: 10.0.0.9:7777: no answer", "failed: proxy proxy.example.org: ",
               "fallback: in-band, under the same sid", "active: si-ibb"});
  check_story(play.bob_disk,
              {"socks5: 10.0.0.1:40001: no answer", "proxy: connected to 10.0.0.9:7777",
               "active: si-socks5/proxy", "fallback: in-band, under the same sid", "done"});
  play.check_nothing_left();
}

TEST_CASE("fallback: the proxy does not activate", "[scenario]") {
  Play play;
  play.bob_trusts_ann();
  play.wires.black_holes = {"10.0.0.1"};
  int asked = 0;
  play.server.activate = [&](const std::string&, const std::string&, const std::string&) {
    ++asked;
    return false;
  };
  play.send(some_content(5000), kEveryWay);
  play.until_ended();
  play.check_arrived();
  CHECK(asked == 1);  // never twice: Openfire scrambles the bytes then
  CHECK(play.ann->job().attempt == 1);
  check_story(play.ann_disk, {"failed: proxy.example.org: the proxy ",
                              "fallback: in-band, under the same sid", "active: si-ibb", "done"});
  play.check_nothing_left();
}

}  // namespace fallback_test
