// SPDX-License-Identifier: MIT
// Habits that several clients have, and strangers at our door.
#include <algorithm>

#include "scenario/peers/foreign_peer.h"
#include "scenario/peers/foreign_streams.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Others : PeerPlay {
  Others() : PeerPlay("Home", si_and({kS5bNs, kIbbNs})) {}
  const std::string as_typed = "Ann@EXAMPLE.org/home";

  std::string offer(const std::string& to, const std::string& size,
                    const std::string& method = kS5bNs) {
    return "<iq type='set' id='o1' to='" + to +
           "'><si xmlns='http://jabber.org/protocol/si' id='sid1' "
           "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
           "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
           "size='" +
           size +
           "'/>"
           "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
           "type='form'>"
           "<field var='stream-method' type='list-single'><option><value>" +
           method + "</value></option></field></x></feature></si></iq>";
  }
};

}  // namespace

TEST_CASE("clients that hash JIDs as they were typed: their own listener wants it so", "[peers]") {
  Others play;
  const auto content = some_content(3000);
  play.ann_trusts_bob();
  play.peer.says(play.offer(play.as_typed, "3000"));
  play.peer.hears_a("si");
  play.peer.listens(40123);
  play.peer.says("<iq type='set' id='o2' to='" + play.as_typed + "'><query xmlns='" + kS5bNs +
                 "' sid='sid1'><streamhost jid='Bob@Example.org/Home' host='10.0.0.2' "
                 "port='40123'/></query></iq>");
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  const auto dst = to_hex(view_of(dst_addr("sid1", "Bob@Example.org/Home", play.as_typed)));
  socket->reads("05 01 00 03 28" + dst + "00 00");
  socket->writes("05 00 00 03 28" + dst + "00 00");
  play.peer.hears("<iq type='result' id='o2'><query xmlns='" + kS5bNs +
                  "' sid='sid1'><streamhost-used jid='Bob@Example.org/Home'/></query></iq>");
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
  CHECK(play.ann->job().route == "direct");
}

TEST_CASE("senders that glue the file to their CONNECT reply", "[peers]") {
  Others play;
  const auto content = some_content(3000);
  play.ann_trusts_bob();
  play.peer.says(play.offer(kAnnJid, "3000"));
  play.peer.hears_a("si");
  play.peer.listens(40123);
  play.peer.says("<iq type='set' id='o2' to='" + kAnnJid + "'><query xmlns='" + kS5bNs +
                 "' sid='sid1'><streamhost jid='" + play.peer.jid() +
                 "' host='10.0.0.2' port='40123'/></query></iq>");
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  const auto request = socket->takes(47);
  socket->writes("05 00 00 03 28" + to_hex(view_of(request.substr(5))) + to_hex(view_of(content)));
  socket->closes();
  play.check_ann_has(content);
}

TEST_CASE("clients that hash JIDs as they were typed: a proxy has them from the server",
          "[peers]") {
  Others play;
  play.ann_trusts_bob();
  play.peer.says(play.offer(play.as_typed, "3000"));
  play.peer.hears_a("si");
  std::string asked_for;
  play.wires.proxy_knows = [&](const std::string& hash) {
    asked_for = hash;
    return true;
  };
  play.peer.says("<iq type='set' id='o2' to='" + play.as_typed + "'><query xmlns='" + kS5bNs +
                 "' sid='sid1'><streamhost jid='proxy.example.org' host='10.0.0.9' "
                 "port='7777'/></query></iq>");
  play.peer.hears_a("query");
  CHECK(asked_for == dst_addr("sid1", play.peer.jid(), kAnnJid));
}

TEST_CASE("clients that hash bare JIDs, or write the hash in capitals, find our listener",
          "[peers]") {
  Others play;
  const auto content = some_content(3000);
  const auto si = play.peer_accepts(content, Others::submit(kS5bNs));
  const std::string sid(si.attribute_or_empty("id"));
  const auto& [self, other] = GENERATE(table<std::string, std::string>(
      {{kAnnJid, kBob}, {kAnn, kBob}, {kAnn, kBob + "/Home"}, {kAnnJid, kBob + "/Home"}}));
  auto hash = dst_addr(sid, self, other);
  std::transform(hash.begin(), hash.end(), hash.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  auto socket = play.peer.dials_first_host(play.peer.hears_a("query"));
  socket->writes("05 01 00");
  socket->reads("05 00");
  socket->writes("05 01 00 03 28" + to_hex(view_of(hash)) + "00 00");
  socket->reads("05 00 00 03 28" + to_hex(view_of(hash)) + "00 00");  // in its own case
  play.peer.answers("<query xmlns='" + kS5bNs + "'><streamhost-used jid='" + kAnnJid +
                    "'/></query>");
  CHECK(socket->takes(content.size()) == content);
  CHECK(socket->sees_end());
  socket->closes();
  play.check_ann_sent("si-socks5/direct");
}

TEST_CASE("strangers at our listener disturb nobody", "[peers]") {
  Others play;
  const auto content = some_content(3000);
  const auto si = play.peer_accepts(content, Others::submit(kS5bNs));
  const auto query = play.peer.hears_a("query");
  auto silent = play.peer.dials_first_host(query);
  auto scanner = play.peer.dials_first_host(query);
  scanner->writes("47 45 54 20 2f");  // GET /
  CHECK(scanner->sees_end());
  auto guesser = play.peer.dials_first_host(query);
  guesser->writes("05 01 00");
  guesser->reads("05 00");
  guesser->writes("05 01 00 03 28" + to_hex(view_of(dst_addr("other", kAnnJid, play.peer.jid()))) +
                  "00 00");
  CHECK(guesser->takes(2) == std::string("\x05\x02"));
  auto socket = play.peer.dials_first_host(query);
  const auto dst =
      to_hex(view_of(dst_addr(std::string(si.attribute_or_empty("id")), kAnnJid, play.peer.jid())));
  for (const auto* piece : {"05", "02 02", "00"}) socket->writes(piece);  // split at will
  socket->reads("05 00");
  socket->writes("05 01 00 03 28" + dst.substr(0, 30));
  socket->writes(dst.substr(30) + "00");
  socket->writes("00");
  socket->takes(47);
  play.peer.answers("<query xmlns='" + kS5bNs + "'><streamhost-used jid='" + kAnnJid +
                    "'/></query>");
  CHECK(socket->takes(content.size()) == content);
  CHECK(socket->sees_end());
  for (auto* one : {&silent, &scanner, &guesser, &socket}) (*one)->closes();
  play.check_ann_sent("si-socks5/direct");
}

TEST_CASE("home-made bots: <open/> without a block-size", "[peers]") {
  Others play;
  const auto content = some_content(6000);
  play.ann_trusts_bob();
  play.peer.says(play.offer(kAnnJid, "6000", kIbbNs));
  play.peer.hears_a("si");
  play.peer.says("<iq type='set' id='o2' to='" + kAnnJid + "'><open xmlns='" + kIbbNs +
                 "' sid='sid1'/></iq>");
  play.peer.hears("<iq type='result' id='o2'/>");
  for (std::size_t seq = 0; seq < 2; ++seq) {
    const auto id = "b" + std::to_string(seq);
    play.peer.says("<iq type='set' id='" + id + "' to='" + kAnnJid + "'><data xmlns='" + kIbbNs +
                   "' sid='sid1' seq='" + std::to_string(seq) + "'>" +
                   to_base64(view_of(content).subspan(seq * 4096, seq == 0 ? 4096 : 1904)) +
                   "</data></iq>");
    play.peer.hears("<iq type='result' id='" + id + "'/>");
  }
  play.peer.says("<iq type='set' id='o3' to='" + kAnnJid + "'><close xmlns='" + kIbbNs +
                 "' sid='sid1'/></iq>");
  play.peer.hears("<iq type='result' id='o3'/>");
  play.check_ann_has(content);
}

TEST_CASE("Gajim: still tells of bytestreams, and takes no files: another program of that user may",
          "[peers]") {
  PeerPlay play("Gajim", {kS5bNs, "http://jabber.org/protocol/disco#info"});
  play.send(some_content(10), std::vector<std::string>{});
  play.until_ann("queued/waiting-peer");
  play.peer.hears_nothing();
}

TEST_CASE("clients that go offline in the middle: a stream that is open goes on", "[peers]") {
  Others play;
  const auto content = some_content(3000);
  const auto si = play.peer_accepts(content, Others::submit(kS5bNs));
  auto socket = play.peer.dials_first_host(play.peer.hears_a("query"));
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto dst =
      to_hex(view_of(dst_addr(std::string(si.attribute_or_empty("id")), kAnnJid, play.peer.jid())));
  socket->writes("05 01 00 03 28" + dst + "00 00");
  socket->takes(47);
  play.ann->bulk().stop_at = 1000;
  play.peer.answers("<query xmlns='" + kS5bNs + "'><streamhost-used jid='" + kAnnJid +
                    "'/></query>");
  CHECK(socket->takes(1000) == content.substr(0, 1000));
  play.peer.leaves();
  play.ann->bulk().stop_at = ~0ull;
  CHECK(socket->takes(2000) == content.substr(1000));
  socket->closes();
  play.check_ann_sent("si-socks5/direct");
}

TEST_CASE("clients that ask for a part of a file get that part, and the job says so",
          "[peers][resume]") {
  const auto method = GENERATE(kS5bNs, kIbbNs);
  CAPTURE(method);
  Others play;
  const auto content = some_content(30'000);
  auto answer = Others::submit(method);
  answer.insert(answer.find("<feature"),
                "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'><range "
                "offset='1000' length='9000'/></file>");
  const auto si = play.peer_accepts(content, answer);
  const std::string sid(si.attribute_or_empty("id"));
  CHECK((takes_all(play, method, sid, 9000) == content.substr(1000, 9000)));
  play.until_ann("done");
  CHECK(play.ann_tells("9000 bytes from byte 1000 on, as the peer asked"));
  CHECK(play.ann->job().transferred == 10'000);
}
