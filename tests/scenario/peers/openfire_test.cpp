// SPDX-License-Identifier: MIT
// Openfire 4.2.3 between two daemons of ours, as its source has it:
// src/java/org/jivesoftware/openfire/filetransfer/proxy/ProxyConnectionManager.java.
#include <map>

#include "model/namespaces.h"
#include "scenario/play.h"
#include "xep/xep0065_bytestreams.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

/// Its proxy takes whole messages only, pumps from the second connection to the first, and serves
/// whom it saw offer a file in the last ten minutes. Its server turns back offers without name or
/// size.
struct Openfire : Play {
  Openfire() {
    server.on_relay = [this](const Element& stanza) { return watch(stanza); };
    wires.proxy_wants_whole_messages = true;
    wires.proxy_is_one_way = true;
    wires.proxy_knows = [this](const std::string& hash) { return remembers(hash); };
    server.activate = [this](const std::string& sid, const std::string& from,
                             const std::string& to) {
      ++activations;
      const auto hash = dst_addr(sid, from, to);
      return remembers(hash) && wires.activate(hash);
    };
    bob_trusts_ann();
  }
  bool remembers(const std::string& hash) const {
    const auto seen = offers.find(hash);
    return seen != offers.end() && timers.now() - seen->second < 10min;
  }
  const char* watch(const Element& stanza) {
    const auto* si = stanza.child("si", kNsSi);
    if (!si || stanza.attribute_or_empty("type") != "set") return nullptr;
    const auto* file = si->child("file", kNsSiFile);
    if (!file || !file->attribute("name") || !file->attribute("size")) return "not-allowed";
    offers[dst_addr(si->attribute_or_empty("id"), stanza.attribute_or_empty("from"),
                    stanza.attribute_or_empty("to"))] = timers.now();
    return nullptr;
  }
  /// Nothing gets through but by the proxy.
  void apart() { wires.black_holes = {"10.0.0.1", "10.0.0.2"}; }
  /// Offers may wait longer than its memory lasts.
  void patience() {
    QueueConfig config;
    config.download_folder = "/in";
    config.jitter = 0;
    config.answer_within = config.expire = 1h;
    ann->queue().set_config(config);
    bob->queue().set_config(config);
    REQUIRE(bob->queue().set_rules({}));
  }
  void bob_accepts_after(std::chrono::milliseconds time) {
    REQUIRE(until([&] { return bob->state() == "offered/awaiting-user"; }));
    pass(time);
    must([&](auto done) { bob->queue().accept(1, {}, std::move(done)); });
  }

  std::map<std::string, Timers::Clock::time_point> offers;
  int activations = 0;
};

const std::vector<std::string> kEveryWay{};

}  // namespace

TEST_CASE("Openfire: wants the offer's sid, whole messages and the receiver first", "[peers]") {
  Openfire play;
  play.apart();
  const auto size = GENERATE(1u, 100'000u);
  play.send(some_content(size), kEveryWay);
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  CHECK(play.ann->job().attempt == 1);
  CHECK(play.activations == 1);
  play.check_nothing_left();
}

TEST_CASE("Openfire: lists all its interfaces under one JID, zones first", "[peers]") {
  Openfire play;
  play.apart();
  const std::string jid(FakeServer::kProxy);
  play.server.more_proxy_hosts = {{jid, "fd00:0:0:0:0:0:0:2%eth0", 7777, false},
                                  {jid, "fe80:0:0:0:fc:ff:fe00:1%eth0", 7777, false},
                                  {jid, "172.17.0.1", 7777, false}};
  play.kill(play.ann);
  play.start_ann();
  play.settle();
  play.send(some_content(5000), kEveryWay);
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().route == "proxy");
  CHECK(play.ann->job().host == Wires::kProxyHost);
  CHECK(Play::story(play.ann_disk).find("fe80") == std::string::npos);
  play.check_nothing_left();
}

TEST_CASE("Openfire: forgets an offer after ten minutes", "[peers]") {
  Openfire play;
  play.patience();
  SECTION("then it goes directly") {
    play.send(some_content(5000), kEveryWay);
    play.bob_accepts_after(640s);
    play.until_ended();
    play.check_arrived();
    CHECK(play.ann->job().route == "direct");
  }
  SECTION("or in-band") {
    play.apart();
    play.send(some_content(5000), kEveryWay);
    play.bob_accepts_after(640s);
    play.until_ended();
    play.check_arrived();
    CHECK(play.ann->job().method == "si-ibb");
    CHECK(play.activations == 0);
  }
  SECTION("or it is offered again, if it may go by the proxy alone") {
    play.apart();
    play.send(some_content(5000), "si-socks5/proxy");
    play.bob_accepts_after(640s);
    play.until_ended();
    play.check_arrived();
    CHECK(play.ann->job().route == "proxy");
    CHECK(play.ann->job().attempt == 2);
    CHECK(play.bob->queue().find(2) == nullptr);  // nobody was asked again
  }
  play.check_nothing_left();
}

TEST_CASE("Openfire: forgets between the receiver's connection and the activation", "[peers]") {
  Openfire play;
  play.apart();
  play.server.hold("<activate");
  play.send(some_content(5000), kEveryWay);
  REQUIRE(play.until([&] { return play.server.held() == 1; }));
  play.offers.clear();
  play.server.release();
  play.until_ended();
  play.check_arrived();
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
  CHECK(Play::story(play.ann_disk).find("failed: proxy.example.org: the proxy ") !=
        std::string::npos);
}

TEST_CASE("Openfire: never activated twice, or its two pumps mix up the bytes", "[peers]") {
  Openfire play;
  play.apart();
  play.server.hold("<activate");
  play.send(some_content(5000), kEveryWay);
  REQUIRE(play.until([&] { return play.server.held() == 1; }));
  play.pass(25s);  // no answer: it goes on in-band
  play.server.release();
  play.until_ended();
  play.check_arrived();
  CHECK(play.activations == 1);
}

TEST_CASE("Openfire: turns offers back in the peer's name", "[peers]") {
  Openfire play;
  SECTION("not ours, which have name and size, however small") {
    play.send("", kEveryWay);
    play.until_ended();
    play.check_arrived();
  }
  SECTION("and that is not the peer's no") {
    play.server.on_relay = [](const Element& stanza) {
      return stanza.child("si", kNsSi) ? "not-allowed" : nullptr;
    };
    play.send(some_content(10), kEveryWay);
    REQUIRE(play.until([&] { return is_terminal(play.ann->job().state); }));
    CHECK(play.ann->state() == "failed/protocol");
    CHECK(play.ann->job().error_detail.find("a server on the way") != std::string::npos);
    CHECK(play.bob->state() == "");
  }
}
