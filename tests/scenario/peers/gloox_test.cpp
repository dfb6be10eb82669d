// SPDX-License-Identifier: MIT
// gloox 1.0.24: src/siprofileft.cpp, socks5bytestreammanager.cpp, inbandbytestream.cpp.
#include "scenario/peers/foreign_peer.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Gloox : PeerPlay {
  Gloox() : PeerPlay("gloox", si_and({kS5bNs, kIbbNs, "jabber:iq:oob"})) {}

  /// Its offer: a multimap's order, each option with a label.
  void offers(std::size_t size, const std::string& options) {
    ann_trusts_bob();
    peer.says("<iq to='" + kAnnJid +
              "' id='uid:4f6a' type='set'><si xmlns='http://jabber.org/protocol/si' id='uid:4f6b' "
              "mime-type='binary/octet-stream' "
              "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
              "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
              "size='" +
              std::to_string(size) +
              "'/><feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
              "type='form'>"
              "<field type='list-single' var='stream-method'>" +
              options + "</field></x></feature></si></iq>");
  }
  static std::string option(const std::string& method) {
    return "<option label='" + method + "'><value>" + method + "</value></option>";
  }
  const std::string sid = "uid:4f6b";
};

}  // namespace

TEST_CASE("gloox: lists IBB, then OOB, then S5B; and without streamhosts it never opens the stream",
          "[peers]") {
  Gloox play;
  play.offers(5000, Gloox::option(kIbbNs) + Gloox::option("jabber:iq:oob") + Gloox::option(kS5bNs));
  play.peer.hears("<iq type='result' id='uid:4f6a'>" + Gloox::submit(kS5bNs) + "</iq>");
  play.until_ann("failed/timeout", 3min);
  CHECK(play.ann_tells("the sender did not open the stream that was agreed on"));
  play.settle();
  CHECK(play.ann_disk.parts().empty());
}

TEST_CASE("gloox: no host reached, and it never says so", "[peers]") {
  Gloox play;
  const auto content = some_content(100);
  const auto si = play.peer_accepts(content, Gloox::submit(kS5bNs));
  play.peer.hears_a("query");
  play.pass(31s);
  CHECK(play.ann_tells("slow: the peer is still trying"));
  const auto open = play.peer.hears_a("open", 2min);
  CHECK(open.attribute_or_empty("sid") == si.attribute_or_empty("id"));
  play.peer.answers();
  play.peer.hears_a("data");
  play.peer.answers();
  play.peer.hears_a("close");
  play.peer.answers();
  play.check_ann_sent("si-ibb");
}

TEST_CASE("gloox: sends its blocks without waiting for an answer", "[peers]") {
  Gloox play;
  const auto content = some_content(100 * 4096);
  play.offers(content.size(), Gloox::option(kIbbNs));
  play.peer.hears("<iq type='result' id='uid:4f6a'>" + Gloox::submit(kIbbNs) + "</iq>");
  play.peer.says("<iq to='" + kAnnJid + "' id='uid:4f70' type='set'><open xmlns='" + kIbbNs +
                 "' sid='" + play.sid + "' block-size='4096'/></iq>");
  play.peer.hears("<iq type='result' id='uid:4f70'/>");
  play.server.hold("<data");
  for (int seq = 0; seq < 100; ++seq)
    play.peer.says("<iq to='" + kAnnJid + "' id='b" + std::to_string(seq) +
                   "' type='set'><data xmlns='" + kIbbNs + "' sid='" + play.sid + "' seq='" +
                   std::to_string(seq) + "'>" +
                   to_base64(view_of(content).subspan(static_cast<std::size_t>(seq) * 4096, 4096)) +
                   "</data></iq>");
  play.server.release();  // all of them before our disk has written one
  play.settle();
  for (int seq = 0; seq < 100; ++seq)
    play.peer.hears("<iq type='result' id='b" + std::to_string(seq) + "'/>");
  play.check_ann_has(content);
}
