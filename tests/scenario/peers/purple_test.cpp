// SPDX-License-Identifier: MIT
// libpurple 2.14 (Pidgin, Adium, bitlbee): libpurple/protocols/jabber/si.c, ibb.c.
#include "scenario/peers/foreign_peer.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Purple : PeerPlay {
  Purple() : PeerPlay("Pidgin", si_and({kS5bNs, kIbbNs})) {}

  /// Its offer: no hash, no date, no range.
  void offers(std::size_t size) {
    ann_trusts_bob();
    peer.says("<iq type='set' id='purple7f01' to='" + kAnnJid +
              "'><si xmlns='http://jabber.org/protocol/si' id='" + sid +
              "' profile='http://jabber.org/protocol/si/profile/file-transfer'>"
              "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
              "size='" +
              std::to_string(size) +
              "'/><feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
              "type='form'>"
              "<field var='stream-method' type='list-single'>"
              "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
              "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></"
              "feature></si></iq>");
    peer.hears("<iq type='result' id='purple7f01'>" + submit(kS5bNs) + "</iq>");
  }
  void names(const std::string& hosts) {
    peer.says("<iq type='set' id='purple7f02' to='" + kAnnJid + "'><query xmlns='" + kS5bNs +
              "' sid='" + sid + "'>" + hosts + "</query></iq>");
  }
  std::string own_host(std::uint16_t port) const {
    return "<streamhost jid='" + peer.jid() + "' host='10.0.0.2' port='" + std::to_string(port) +
           "'/>";
  }
  const std::string sid = "purple7f00";
};

}  // namespace

TEST_CASE("Pidgin: names its own address as text in BND.ADDR", "[peers]") {
  Purple play;
  const auto content = some_content(5000);
  play.offers(content.size());
  play.peer.listens(40123);
  play.names(play.own_host(40123));
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  socket->takes(47);
  socket->writes("05 00 00 03 08 31302e302e302e32 9c bb");  // "10.0.0.2", port 40123
  play.peer.hears_a("query");
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
  CHECK(play.ann->job().hash_state == HashState::SizeOnly);
}

TEST_CASE("Pidgin: a second connection to its listener kills the transfer", "[peers]") {
  Purple play;
  const auto content = some_content(5000);
  play.offers(content.size());
  play.peer.listens(40123);
  play.peer.listens(40124);
  play.names(play.own_host(40123) + play.own_host(40124));
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  auto stray = play.peer.accepts();  // a slow network: the next host is dialled meanwhile
  stray->reads_nothing();            // and left alone: its handshake would be the one too many
  socket->writes("05 00");
  const auto request = socket->takes(47);
  socket->writes("05 00 00 03 28" + to_hex(view_of(request.substr(5, 40))) + "0000");
  CHECK(stray->sees_end());
  stray->reads_nothing();
  stray->closes();
  play.peer.hears_a("query");
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
}

TEST_CASE("Pidgin: writes before the proxy has answered its activation", "[peers]") {
  Purple play;
  const auto content = some_content(5000);
  play.offers(content.size());
  play.names("<streamhost jid='proxy.example.org' host='10.0.0.9' port='7777'/>");
  play.peer.hears_a("query");
  auto socket = play.peer.dials(Wires::kProxyHost, Wires::kProxyPort);
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto dst = to_hex(view_of(dst_addr(play.sid, play.peer.jid(), kAnnJid)));
  socket->writes("05 01 00 03 28" + dst + "0000");
  socket->takes(47);
  socket->writes_text(content);
  play.peer.says("<iq type='set' id='purple7f03' to='proxy.example.org'><query xmlns='" + kS5bNs +
                 "' sid='" + play.sid + "'><activate>" + kAnnJid + "</activate></query></iq>");
  play.peer.hears("<iq type='result' id='purple7f03'/>");
  play.pass(1s);
  socket->closes();
  play.check_ann_has(content);
  CHECK(play.ann->job().route == "proxy");
}

TEST_CASE("Pidgin: sends in-band under the same sid once S5B failed", "[peers]") {
  Purple play;
  const auto content = some_content(5000);
  play.offers(content.size());
  play.names("<streamhost jid='" + play.peer.jid() + "' host='10.0.0.2' port='40123'/>");
  play.peer.hears(
      "<iq type='error' id='purple7f02'><error type='cancel' code='404'>"
      "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  play.pass(25s);
  play.peer.says("<iq type='set' id='purple7f04' to='" + kAnnJid + "'><open xmlns='" + kIbbNs +
                 "' sid='" + play.sid + "' block-size='4096'/></iq>");
  play.peer.hears("<iq type='result' id='purple7f04'/>");
  // Blocks of (block-size - 2) * 3 / 4 bytes.
  int seq = 0;
  for (std::size_t at = 0; at < content.size(); at += 3070, ++seq) {
    const auto id = "purple7f1" + std::to_string(seq);
    play.peer.says("<iq type='set' id='" + id + "' to='" + kAnnJid + "'><data xmlns='" + kIbbNs +
                   "' sid='" + play.sid + "' seq='" + std::to_string(seq) + "'>" +
                   to_base64(view_of(content.substr(at, 3070))) + "</data></iq>");
    play.peer.hears("<iq type='result' id='" + id + "'/>");
  }
  play.peer.says("<iq type='set' id='purple7f20' to='" + kAnnJid + "'><close xmlns='" + kIbbNs +
                 "' sid='" + play.sid + "'/></iq>");
  play.peer.hears("<iq type='result' id='purple7f20'/>");
  play.check_ann_has(content);
  CHECK(play.ann->job().method == "si-ibb");
  CHECK(play.ann->job().attempt == 1);
}

TEST_CASE("Pidgin: waits 30 s for our IBB under the same sid", "[peers]") {
  Purple play;
  const auto content = some_content(5000);
  const auto si = play.peer_accepts(content, Purple::submit(kS5bNs));
  play.peer.hears_a("query");
  play.pass(30s);  // 15 s a host
  play.peer.refuses(
      "<error type='cancel' code='404'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
  play.peer.hears("<iq type='set'><open xmlns='" + kIbbNs + "' sid='" +
                  std::string(si.attribute_or_empty("id")) + "' block-size='4096'/></iq>");
  play.peer.answers();
  play.peer.hears_a("data");
  play.peer.answers();
  play.peer.hears_a("data");
  play.peer.answers();
  play.peer.hears_a("close");
  play.peer.answers();
  play.check_ann_sent("si-ibb");
}

TEST_CASE("Pidgin: says nothing to what it does not know", "[peers]") {
  Purple play;
  play.send(some_content(10), std::vector<std::string>{});
  play.peer.hears_a("si");
  play.until_ann("queued/backoff", 6min);
  CHECK(play.ann_tells("nobody answered the offer in time"));
}
