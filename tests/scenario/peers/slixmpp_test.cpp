// SPDX-License-Identifier: MIT
// slixmpp 1.8.3: plugins/xep_0065/proxy.py, xep_0047/ibb.py, xep_0095/stream_initiation.py.
#include "scenario/peers/foreign_peer.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Slixmpp : PeerPlay {
  Slixmpp() : PeerPlay("slixmpp", si_and({kS5bNs, kIbbNs})) {}
  const std::string sid = "a1b2c3d4";

  void offers(const std::string& options) {
    ann_trusts_bob();
    peer.says("<iq type='set' id='s1' to='" + kAnnJid +
              "'><si xmlns='http://jabber.org/protocol/si' id='" + sid +
              "' profile='http://jabber.org/protocol/si/profile/file-transfer'>"
              "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
              "size='100'/>"
              "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
              "type='form'>"
              "<field var='stream-method' type='list-single'>" +
              options + "</field></x></feature></si></iq>");
  }
};

}  // namespace

TEST_CASE("slixmpp: chooses IBB of the two, and takes blocks of 8192 at most, asked once",
          "[peers]") {
  Slixmpp play;
  play.peer_accepts(some_content(5000), Slixmpp::submit(kIbbNs));
  const auto open = play.peer.hears_a("open");
  CHECK(open.attribute_or_empty("block-size") == "4096");  // the right size at the first time
  play.peer.answers();
  for (int blocks = 0; blocks < 2; ++blocks) {
    play.peer.hears_a("data");
    play.peer.answers();
  }
  play.peer.hears_a("close");
  play.peer.answers();
  play.check_ann_sent("si-ibb");
}

TEST_CASE("slixmpp: knows no proxy, so it names no streamhost at all", "[peers]") {
  Slixmpp play;
  play.offers("<option><value>" + kS5bNs + "</value></option><option><value>" + kIbbNs +
              "</value></option>");
  play.peer.hears("<iq type='result' id='s1'>" + Slixmpp::submit(kS5bNs) + "</iq>");
  const auto asked_at = play.timers.now();
  play.peer.says("<iq type='set' id='s2' to='" + kAnnJid + "'><query xmlns='" + kS5bNs + "' sid='" +
                 play.sid + "' mode='tcp'/></iq>");
  play.peer.hears(
      "<iq type='error' id='s2'><error type='cancel' code='404'>"
      "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  CHECK(play.timers.now() == asked_at);
  CHECK(play.ann_tells("failed: there is no streamhost to try"));
}

TEST_CASE("slixmpp: answers when the last black hole of ours gave up, after 130 s", "[peers]") {
  Slixmpp play;
  const auto content = some_content(5000);
  const auto si = play.peer_accepts(content, Slixmpp::submit(kS5bNs));
  auto socket = play.peer.dials_first_host(play.peer.hears_a("query"));
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto sid = std::string(si.attribute_or_empty("id"));
  socket->writes("05 01 00 03 28" + to_hex(view_of(dst_addr(sid, kAnnJid, play.peer.jid()))) +
                 "0000");
  socket->takes(47);
  play.pass(130s);  // it waits for every host, connected or not
  socket->reads_nothing();
  play.peer.answers("<query xmlns='" + kS5bNs + "' sid='" + sid + "'><streamhost-used jid='" +
                    kAnnJid + "'/></query>");
  CHECK(socket->takes(content.size()) == content);
  CHECK(socket->sees_end());
  socket->closes();
  play.check_ann_sent("si-socks5/direct");
}
