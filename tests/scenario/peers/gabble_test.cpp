// SPDX-License-Identifier: MIT
// telepathy-gabble 0.18 (Empathy): src/bytestream-factory.c, bytestream-socks5.c, bytestream-ibb.c,
// ft-channel.c.
#include "scenario/peers/foreign_peer.h"
#include "scenario/peers/foreign_streams.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Gabble : PeerPlay {
  Gabble()
      : PeerPlay("Telepathy",
                 si_and({kS5bNs, kIbbNs, "http://telepathy.freedesktop.org/xmpp/si-multiple"})) {}
  const std::string sid = "8372613048";

  void offers(std::size_t size, const std::string& more = "", const std::string& method = kS5bNs) {
    ann_trusts_bob();
    peer.says("<iq to='" + kAnnJid +
              "' type='set' id='1184272'><si xmlns='http://jabber.org/protocol/si' id='" + sid +
              "' profile='http://jabber.org/protocol/si/profile/file-transfer' "
              "mime-type='binary/octet-stream'>"
              "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
              "size='" +
              std::to_string(size) + "' mime-type='text/plain'" + more +
              " date='2026-11-22T16:21:25Z'><desc>notes</desc><range/></file>"
              "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
              "type='form'>"
              "<field var='stream-method' type='list-single'>"
              "<option><value>" +
              method +
              "</value></option>"
              "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature>"
              "<si-multiple xmlns='http://telepathy.freedesktop.org/xmpp/si-multiple'/></si></iq>");
  }

  /// Its answer always has a <file/>, with a range where it has a beginning.
  static std::string takes(std::size_t offset, const std::string& method) {
    const auto range = offset ? "<range offset='" + std::to_string(offset) + "'/>" : "";
    auto answer = submit(method);
    answer.insert(
        answer.find("</si>"),
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'>" + range + "</file>");
    return answer;
  }
};

}  // namespace

TEST_CASE("gabble: offers several streams at once and takes one for an answer", "[peers]") {
  Gabble play;
  const auto content = some_content(3000);
  play.offers(content.size());
  play.peer.hears("<iq type='result' id='1184272'>" + Gabble::submit(kS5bNs) + "</iq>");
  play.peer.listens(40123);
  // It skips hosts without port and those with port 0, and so names none; others do.
  play.peer.says("<iq to='" + kAnnJid + "' type='set' id='1184273'><query xmlns='" + kS5bNs +
                 "' sid='" + play.sid + "' mode='tcp'><streamhost jid='" + play.peer.jid() +
                 "' host='10.0.0.7' port='0'/><streamhost jid='" + play.peer.jid() +
                 "' host='10.0.0.2' port='40123'/></query></iq>");
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  socket->reads("05 01 00 03 28" + to_hex(view_of(dst_addr(play.sid, play.peer.jid(), kAnnJid))) +
                "00 00");
  socket->writes(
      "05 00 00 00 00 00");  // as ejabberd's proxy before 2.0.2, which it suffers too: no address
  play.peer.hears("<iq type='result' id='1184273'><query xmlns='" + kS5bNs + "' sid='" + play.sid +
                  "'><streamhost-used jid='" + play.peer.jid() + "'/></query></iq>");
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
  CHECK(play.ann->job().file.mime_type == "binary/octet-stream");
  CHECK_FALSE(play.ann_tells("10.0.0.7"));
}

TEST_CASE("gabble: refuses every CONNECT reply but the echo with port 0", "[peers]") {
  Gabble play;
  const auto si = play.peer_accepts(some_content(10), Gabble::submit(kS5bNs));
  auto socket = play.peer.dials_first_host(play.peer.hears_a("query"));
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto dst =
      to_hex(view_of(dst_addr(std::string(si.attribute_or_empty("id")), kAnnJid, play.peer.jid())));
  socket->writes("05 01 00 03 28" + dst + "00 00");
  socket->reads("05 00 00 03 28" + dst + "00 00");
  socket->closes();
}

TEST_CASE("gabble: answers our close and sends one of its own", "[peers]") {
  Gabble play;
  const auto si = play.peer_accepts(some_content(100), Gabble::submit(kIbbNs));
  const std::string sid(si.attribute_or_empty("id"));
  play.peer.hears_a("open");
  play.peer.answers();
  play.peer.hears_a("data");
  play.peer.answers();
  play.peer.hears_a("close");
  const std::string own = "<iq to='" + kAnnJid + "' type='set' id='1184290'><close xmlns='" +
                          kIbbNs + "' sid='" + sid + "'/></iq>";
  const bool own_first = GENERATE(false, true);
  if (own_first) play.peer.says(own);
  play.peer.answers();
  if (!own_first) play.peer.says(own);
  play.peer.hears("<iq type='result' id='1184290'/>");
  play.check_ann_sent("si-ibb");
  CHECK(play.ann->job().delivery == Delivery::Confirmed);
}

TEST_CASE("gabble: goes on where it stopped, as the receiver", "[peers][resume]") {
  const auto first = GENERATE(kS5bNs, kIbbNs);
  const auto second = GENERATE(kS5bNs, kIbbNs);
  CAPTURE(first, second);
  Gabble play;
  const auto content = some_content(30'000);
  const auto sid = [](const Element& si) { return std::string(si.attribute_or_empty("id")); };
  const auto si = play.peer_accepts(content, Gabble::takes(0, first));
  auto got = takes_some(play, first, sid(si), 12'288);
  const auto again = play.peer.hears_a("si", 1h);
  play.peer.answers(Gabble::takes(got.size(), second));
  got += takes_all(play, second, sid(again), content.size() - got.size());
  play.until_ann("done");
  CHECK((got == content));
  CHECK(play.ann_tells("from byte 12288 on"));
}

TEST_CASE("gabble: goes on where it stopped, as the sender", "[peers][resume]") {
  const auto first = GENERATE(kS5bNs, kIbbNs);
  const auto second = GENERATE(kS5bNs, kIbbNs);
  const bool hashed = GENERATE(true, false);  // as the program above it wants
  CAPTURE(first, second, hashed);
  Gabble play;
  const auto content = some_content(30'000);
  const auto hash = " hash='" + Digest::of(HashAlgo::Md5, view_of(content)).hex + "'";
  play.offers(content.size(), hashed ? hash : "", first);
  play.peer.hears("<iq type='result' id='1184272'>" + Gabble::submit(first) + "</iq>");
  gives_some(play, first, play.sid, content.substr(0, 12'288));
  play.until_ann("queued/waiting-peer");
  play.offers(content.size(), hashed ? hash : "", second);
  play.peer.hears(
      "<iq type='result' id='1184272'><si xmlns='http://jabber.org/protocol/si'><file "
      "xmlns='http://jabber.org/protocol/si/profile/file-transfer'><range offset='12288'/></file>" +
      Gabble::submit(second).substr(Gabble::submit(second).find("<feature")) + "</iq>");
  gives_all(play, second, play.sid, content.substr(12'288));
  play.check_ann_has(content);
  CHECK(play.ann_tells("from byte 12288 on"));
  CHECK(play.ann->queue().newest() == 1);
  CHECK((play.ann->job().hash_state == HashState::Md5) == hashed);
}

TEST_CASE("gabble: another file of the same name, size and date is never spliced to the first",
          "[peers][resume]") {
  Gabble play;
  const auto content = some_content(30'000);
  const auto hash = " hash='" + Digest::of(HashAlgo::Md5, view_of(content)).hex + "'";
  play.offers(content.size(), hash);
  play.peer.hears_a("si");
  gives_some(play, kS5bNs, play.sid, std::string(12'288, 'x'));  // not what it said it was
  play.until_ann("queued/waiting-peer");
  play.offers(content.size(), hash);
  play.peer.hears_a("si");
  gives_all(play, kS5bNs, play.sid, content.substr(12'288));
  play.until_ann("queued/waiting-peer");
  CHECK(play.ann_disk.names.empty());
  CHECK(play.ann_tells("mismatch: "));
  play.offers(content.size(), hash);
  play.peer.hears("<iq type='result' id='1184272'>" + Gabble::submit(kS5bNs) + "</iq>");
  gives_all(play, kS5bNs, play.sid, content);
  play.check_ann_has(content);
}
