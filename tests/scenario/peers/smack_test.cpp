// SPDX-License-Identifier: MIT
// Smack 4.x (Spark, aTalk): smackx/bytestreams/socks5, smackx/filetransfer, smackx/si.
#include "scenario/peers/foreign_peer.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Smack : PeerPlay {
  Smack() : PeerPlay("Spark", si_and({kS5bNs, kIbbNs})) {}

  void offers(const std::string& attributes) {
    ann_trusts_bob();
    peer.says(
        "<iq to='" + kAnnJid +
        "' id='E8LJ0-12' type='set'><si xmlns='http://jabber.org/protocol/si' id='" + sid +
        "' mime-type='text/plain' profile='http://jabber.org/protocol/si/profile/file-transfer'>"
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' " +
        attributes +
        "><desc>Sending file</desc></file>"
        "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
        "type='form'>"
        "<field var='stream-method' type='list-single'>"
        "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
        "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature></"
        "si></iq>");
  }
  const std::string sid = "jsi_7204532718";
};

}  // namespace

TEST_CASE("Smack: gives our streamhosts 5 s after its answer, whatever our server does",
          "[peers]") {
  Smack play;
  play.kill(play.ann);
  play.server.hold(
      "http://jabber.org/protocol/disco#items");  // a server that is slow to list its proxies
  play.start_ann();
  play.settle();
  play.send(some_content(100), std::vector<std::string>{});
  play.peer.hears_a("si");  // the search is over before the offer
  const auto answered_at = play.timers.now();
  play.peer.answers(Smack::submit(kS5bNs));
  play.peer.hears_a("query");
  CHECK(play.timers.now() - answered_at < 1s);
}

TEST_CASE("Smack: gives us 10 s for all of its hosts", "[peers]") {
  Smack play;
  play.offers("size='5000'");
  play.peer.hears("<iq type='result' id='E8LJ0-12'>" + Smack::submit(kS5bNs) + "</iq>");
  play.wires.black_holes = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"};
  std::string hosts;
  for (const auto& host : play.wires.black_holes)
    hosts += "<streamhost jid='" + play.peer.jid() + "' host='" + host + "' port='7778'/>";
  const auto asked_at = play.timers.now();
  play.peer.says("<iq to='" + kAnnJid + "' id='E8LJ0-14' type='set'><query xmlns='" + kS5bNs +
                 "' sid='" + play.sid + "' mode='tcp'>" + hosts + "</query></iq>");
  play.peer.hears(
      "<iq type='error' id='E8LJ0-14'><error type='cancel' code='404'>"
      "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  CHECK(play.timers.now() - asked_at < 10s);
}

TEST_CASE("Smack: leaves out a size of 0 and makes up a date", "[peers]") {
  Smack play;
  play.offers("date='Sun Nov 22 16:21:25 CET 2026' hash='not a hash'");
  play.peer.hears("<iq type='result' id='E8LJ0-12'>" + Smack::submit(kIbbNs) +
                  "</iq>");  // S5B would grow a byte
  CHECK(play.ann->job().file.size == 0);
  CHECK_FALSE(play.ann->job().file.modified.has_value());
  CHECK_FALSE(play.ann->job().file.hash.has_value());
}

TEST_CASE("Smack: an empty file to it goes in-band, with its size", "[peers]") {
  Smack play;
  play.send("", std::vector<std::string>{});
  const auto si = play.peer.hears_a("si");
  CHECK(si.to_xml().find("size='0'") != std::string::npos);
  CHECK(si.to_xml().find(kS5bNs) == std::string::npos);
}

TEST_CASE("Smack: reads until the stream ends, not until the size", "[peers]") {
  Smack play;
  play.wires.black_holes = {"10.0.0.1"};
  const auto content = some_content(5000);
  const auto si = play.peer_accepts(content, Smack::submit(kS5bNs));
  play.peer.hears_a("query");
  auto socket = play.peer.dials(Wires::kProxyHost, Wires::kProxyPort);
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto sid = std::string(si.attribute_or_empty("id"));
  socket->writes("05 01 00 03 28" + to_hex(view_of(dst_addr(sid, kAnnJid, play.peer.jid()))) +
                 "0000");
  socket->takes(47);
  play.peer.answers("<query xmlns='" + kS5bNs +
                    "'><streamhost-used jid='proxy.example.org'/></query>");
  CHECK(socket->takes(content.size()) == content);
  CHECK(socket->sees_end());
  socket->closes();
  play.check_ann_sent("si-socks5/proxy");
}

TEST_CASE("Smack: without a listener of its own it never answers", "[peers]") {
  Smack play;
  play.send(some_content(10), std::vector<std::string>{});
  play.peer.hears_a("si");
  play.pass(4min + 59s);
  CHECK(play.ann->state() == "offered/awaiting-peer");
  play.until_ann("queued/backoff", 10s);
}
