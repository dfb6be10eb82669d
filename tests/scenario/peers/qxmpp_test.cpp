// SPDX-License-Identifier: MIT
// QXmpp 1.4.0 (Debian 12): src/client/QXmppTransferManager.cpp, src/base/QXmppSocks.cpp.
#include "scenario/peers/foreign_peer.h"
#include "xep/xep0065_bytestreams.h"
#include "xep/xep0082_date.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct QXmpp : PeerPlay {
  QXmpp() : PeerPlay("QXmpp", si_and({kS5bNs, kIbbNs})) {}

  const std::string ann_jid = kAnn + "/home";
  const std::string sid = "Ex8vYKPsVm";

  /// Its offer, as recorded: IBB first, a date with milliseconds, no size when that is 0.
  void offers(const std::string& attributes) {
    ann_trusts_bob();
    peer.says(
        "<iq id='qxmpp9' to='" + ann_jid +
        "' type='set'>"
        "<si xmlns='http://jabber.org/protocol/si' id='" +
        sid +
        "' "
        "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' " +
        attributes +
        "/>"
        "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
        "type='form'>"
        "<field type='list-single' var='stream-method'>"
        "<option><value>http://jabber.org/protocol/ibb</value></option>"
        "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
        "</field></x></feature></si></iq>");
  }
  void hears_choice(const std::string& method) {
    peer.hears("<iq type='result' id='qxmpp9'>" + submit(method) + "</iq>");
  }

  /// Its answer to an offer repeats what was asked, and has attributes where none belong.
  static std::string chooses(const std::string& method) {
    return "<si xmlns='http://jabber.org/protocol/si' "
           "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
           "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
           "type='submit'>"
           "<field type='list-single' var='stream-method'><value>" +
           method + "</value></field></x></feature></si>";
  }
  std::string hash(const std::string& from, const std::string& to, const std::string& of) const {
    return to_hex(view_of(dst_addr(of, from, to)));
  }
};

}  // namespace

TEST_CASE("QXmpp 1.4: sends with mode from uninitialised memory, IBB listed first", "[peers]") {
  const std::string mode = GENERATE("", "mode='tcp' ", "mode='udp' ", "mode='&#x7f;?' ");
  CAPTURE(mode);
  QXmpp play;
  const std::string content = some_content(5000);
  play.offers("size='5000' date='2026-11-22T16:21:25.650Z' hash='" +
              Digest::of(HashAlgo::Md5, view_of(content)).hex + "'");
  play.hears_choice(kS5bNs);
  play.peer.listens(40123);
  play.peer.says("<iq id='qxmpp10' to='" + play.ann_jid + "' type='set'><query xmlns='" + kS5bNs +
                 "' " + mode + "sid='" + play.sid + "'><streamhost jid='" + play.peer.jid() +
                 "' host='10.0.0.2' port='40123'/></query></iq>");
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  const auto dst = play.hash(play.peer.jid(), play.ann_jid, play.sid);
  socket->reads("05 01 00 03 28" + dst + "00 00");
  socket->writes("05 00 00 03 28" + dst + "00 00");
  play.peer.hears("<iq type='result' id='qxmpp10'><query xmlns='" + kS5bNs + "' sid='" + play.sid +
                  "'><streamhost-used jid='" + play.peer.jid() + "'/></query></iq>");
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
  CHECK(play.ann->job().hash_state == HashState::Md5);
  CHECK(to_date_time(play.ann->job().file.modified.value()) == "2026-11-22T16:21:25Z");
}

TEST_CASE("QXmpp 1.4: leaves out the size of an empty file, and would never end it over SOCKS5",
          "[peers]") {
  QXmpp play;
  play.offers("date='2026-11-22T16:21:25.650Z' hash='d41d8cd98f00b204e9800998ecf8427e'");
  play.hears_choice(kIbbNs);
  play.peer.says("<iq id='qxmpp10' to='" + play.ann_jid + "' type='set'><open xmlns='" + kIbbNs +
                 "' sid='" + play.sid + "' block-size='4096'/></iq>");
  play.peer.hears("<iq type='result' id='qxmpp10'/>");
  play.peer.says("<iq id='qxmpp11' to='" + play.ann_jid + "' type='set'><close xmlns='" + kIbbNs +
                 "' sid='" + play.sid + "'/></iq>");
  play.peer.hears("<iq type='result' id='qxmpp11'/>");
  play.check_ann_has("");
}

TEST_CASE("QXmpp 1.4: an answer with attributes, and a proxy that answers with sid and mode",
          "[peers]") {
  QXmpp play;
  const std::string content = some_content(5000);
  const auto si = play.peer_accepts(content, QXmpp::chooses(kS5bNs));
  const std::string sid(si.attribute_or_empty("id"));
  const auto query = play.peer.hears_a("query");
  CHECK(query.attribute_or_empty("sid") == sid);  // QXmpp finds its job by it
  auto socket = play.peer.dials_first_host(query);
  socket->writes("05 01 00");
  socket->reads("05 00");  // two bytes in one read, or it gives up
  const auto dst = play.hash(play.ann_jid, play.peer.jid(), sid);
  socket->writes("05 01 00 03 28" + dst + "00 00");
  socket->reads("05 00 00 03 28" + dst +
                "00 00");   // it takes every reply for one with a domain name
  socket->reads_nothing();  // what came now would be lost
  play.peer.answers("<query xmlns='" + kS5bNs + "' mode='udp' sid='" + sid +
                    "'><streamhost-used jid='" + play.ann_jid + "'/></query>");
  CHECK(socket->takes(content.size()) == content);
  CHECK(socket->sees_end());
  socket->closes();
  play.check_ann_sent("si-socks5/direct");
}

TEST_CASE("QXmpp 1.4: its job is dead once S5B failed, so it is offered anew, in-band", "[peers]") {
  QXmpp play;
  const std::string content = some_content(5000);
  const auto si = play.peer_accepts(content, QXmpp::chooses(kS5bNs));
  play.peer.hears_a("query");
  // 7 s a host, one after the other.
  play.pass(15s);
  play.peer.refuses(
      "<error type='cancel' code='404'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
  const auto open = play.peer.hears_a("open");
  CHECK(open.attribute_or_empty("sid") == si.attribute_or_empty("id"));
  play.peer.refuses(
      "<error type='modify' code='406'><not-acceptable "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
  const auto again = play.peer.hears_a("si");
  CHECK(again.attribute_or_empty("id") != si.attribute_or_empty("id"));
  CHECK(again.to_xml().find(kS5bNs) == std::string::npos);
  play.peer.answers(QXmpp::chooses(kIbbNs));
  const auto second = play.peer.hears_a("open");
  CHECK(second.attribute_or_empty("block-size") == "4096");  // more is <resource-constraint/>
  play.peer.answers();
  play.peer.hears_a("data");
  play.peer.hears_a("data");
  play.peer.says("<presence type='unavailable'/>");
  CHECK(play.ann_tells("failed: the peer reached none of the offered hosts"));
  CHECK(play.ann_tells("fallback: a new offer, in-band only"));
}

TEST_CASE("QXmpp 1.4: declines with 403, and knows no method with a bare 400", "[peers]") {
  const auto [error, state] = GENERATE(
      table<std::string, std::string>({{"<error type='cancel' code='403'><forbidden "
                                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                                        "failed/declined"},
                                       {"<error type='cancel' code='400'><bad-request "
                                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                                        "failed/no-method"}}));
  QXmpp play;
  play.send(some_content(10), std::vector<std::string>{});
  play.peer.hears_a("si");
  play.peer.refuses(error);
  play.until_ann(state);
}
