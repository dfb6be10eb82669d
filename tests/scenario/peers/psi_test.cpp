// SPDX-License-Identifier: MIT
// Psi 1.5 (Iris): src/xmpp/xmpp-im/filetransfer.cpp, s5b.cpp, xmpp_ibb.cpp; Psi:
// src/filetransdlg.cpp.
#include "scenario/peers/foreign_peer.h"
#include "scenario/peers/foreign_streams.h"

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Psi : PeerPlay {
  explicit Psi(std::vector<std::string> ann_has = {}) : PeerPlay("Psi", si_and({kS5bNs, kIbbNs})) {
    wires.more_interfaces["10.0.0.1"] = std::move(ann_has);
  }

  /// Its sids have 16 bits, so two peers of ours will use one at the same time.
  static std::string offer(const std::string& name, const std::string& size,
                           const std::string& method = kS5bNs) {
    return "<iq type='set' id='ab12a' to='" + kAnnJid +
           "'><si xmlns='http://jabber.org/protocol/si' id='ft_1a2b' "
           "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
           "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' size='" +
           size + "' name='" + name +
           "'><range/></file><feature xmlns='http://jabber.org/protocol/feature-neg'><x "
           "xmlns='jabber:x:data' type='form'>"
           "<field var='stream-method' type='list-single'>"
           "<option><value>" +
           method +
           "</value></option>"
           "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature></"
           "si></iq>";
  }

  /// It has so much of it.
  static std::string goes_on(std::size_t offset, const std::string& method) {
    auto answer = submit(method);
    answer.insert(answer.find("<feature"),
                  "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer'><range "
                  "offset='" +
                      std::to_string(offset) + "'/></file>");
    return answer;
  }
};

}  // namespace

TEST_CASE("Psi: reads the first field of a form only", "[peers]") {
  Psi play;
  SECTION("of an offer") {
    play.send(some_content(10), std::vector<std::string>{});
    play.peer.hears(
        "<iq type='set'><si xmlns='http://jabber.org/protocol/si' id='*' "
        "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
        "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='notes.txt' "
        "size='10' date='*' "
        "hash='*'><range/></file>"
        "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
        "type='form'>"
        "<field var='stream-method' type='list-single'>"
        "<option><value>http://jabber.org/protocol/bytestreams</value></option>"
        "<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature></"
        "si></iq>");
  }
  SECTION("and of an answer, which must be a submit, or it hangs") {
    play.ann_trusts_bob();
    play.peer.says(Psi::offer("notes.txt", "100"));
    play.peer.hears("<iq type='result' id='ab12a'>" + Psi::submit(kS5bNs) + "</iq>");
  }
}

TEST_CASE("Psi: takes five streamhosts and no more, so the proxy is among them", "[peers]") {
  Psi play({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"});
  play.peer_accepts(some_content(10), Psi::submit(kS5bNs));
  const auto hosts = BytestreamsQuery::parse(play.peer.hears_a("query")).value().hosts;
  REQUIRE(hosts.size() == 5);
  CHECK(hosts.back().jid == "proxy.example.org");
}

TEST_CASE("Psi: asks for its fast mode, and names hosts behind proxies of its own kind",
          "[peers]") {
  Psi play;
  const auto content = some_content(100);
  play.ann_trusts_bob();
  play.peer.says(Psi::offer("notes.txt", "100"));
  play.peer.hears_a("si");
  play.peer.listens(8010);
  play.peer.says("<iq type='set' id='ab13a' to='" + kAnnJid + "'><query xmlns='" + kS5bNs +
                 "' sid='ft_1a2b' mode='tcp'>"
                 "<streamhost jid='" +
                 play.peer.jid() +
                 "' host='10.0.0.2' port='8010'>"
                 "<proxy xmlns='http://affinix.com/jabber/stream'/></streamhost>"
                 "<fast xmlns='http://affinix.com/jabber/stream'/></query></iq>");
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  const auto request = socket->takes(47);
  socket->writes("05 00 00 03 28" + to_hex(view_of(request.substr(5, 40))) + "0000");
  play.peer.hears("<iq type='result' id='ab13a'><query xmlns='" + kS5bNs +
                  "' sid='ft_1a2b'><streamhost-used jid='" + play.peer.jid() + "'/></query></iq>");
  play.peer.hears_nothing();  // hosts of our own under this sid would start the fast mode
  socket->writes_text(content);
  socket->closes();
  play.check_ann_has(content);
}

TEST_CASE("Psi: cannot connect, and says remote-server-not-found", "[peers]") {
  Psi play;
  play.peer_accepts(some_content(10), Psi::submit(kS5bNs));
  play.peer.hears_a("query");
  play.pass(30s);
  play.peer.refuses(
      "<error type='cancel' code='404'><remote-server-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "</error>");
  play.peer.hears_a("open");
  CHECK(play.ann->state() == "connecting");
}

TEST_CASE("Psi: errors that carry the sid where the id belongs", "[peers]") {
  Psi play;
  play.send(some_content(10), std::vector<std::string>{});
  const auto si = play.peer.hears_a("si");
  play.peer.says("<iq type='error' id='" + std::string(si.attribute_or_empty("id")) + "' to='" +
                 kAnnJid +
                 "'><error type='cancel' code='400'><bad-request "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  CHECK(play.ann->state() == "offered/awaiting-peer");
  play.until_ann("queued/backoff", 6min);  // nobody's answer: the clock ends it
}

TEST_CASE("Psi: two of them use one sid", "[peers]") {
  Psi play;
  ForeignPeer other(play, "laptop", PeerPlay::si_and({kS5bNs, kIbbNs}));
  play.ann_trusts_bob();
  play.peer.says(Psi::offer("notes.txt", "100"));
  other.says(Psi::offer("more.txt", "200"));
  play.peer.hears("<iq type='result' id='ab12a'>" + Psi::submit(kS5bNs) + "</iq>");
  other.hears("<iq type='result' id='ab12a'>" + Psi::submit(kS5bNs) + "</iq>");
  CHECK(play.ann->job(1).file.name == "notes.txt");
  CHECK(play.ann->job(2).file.name == "more.txt");
}

TEST_CASE("Psi: asks for what its .part lacks, and gets just that", "[peers][resume]") {
  const auto first = GENERATE(kS5bNs, kIbbNs);
  const auto second = GENERATE(kS5bNs, kIbbNs);
  CAPTURE(first, second);
  Psi play;
  const auto content = some_content(30'000);
  const auto sid = [](const Element& si) { return std::string(si.attribute_or_empty("id")); };
  const auto si = play.peer_accepts(content, Psi::submit(first));
  auto part = takes_some(play, first, sid(si), 12'288);
  const auto again = play.peer.hears_a("si", 1h);
  CHECK(again.child("file", kNsSiFile)->child("range", kNsSiFile));
  play.peer.answers(Psi::goes_on(part.size(), second));
  part += takes_all(play, second, sid(again), content.size() - part.size());
  play.until_ann("done");
  CHECK((part == content));
  CHECK(play.ann_tells("from byte 12288 on"));
  CHECK(play.ann->job().transferred == content.size());
  CHECK(play.ann->queue().newest() == 1);
}

TEST_CASE("Psi: offers neither a hash nor a date, so what was kept cannot be trusted to fit",
          "[peers][resume]") {
  const auto method = GENERATE(kS5bNs, kIbbNs);
  CAPTURE(method);
  Psi play;
  const auto content = some_content(30'000);
  play.ann_trusts_bob();
  play.peer.says(Psi::offer("notes.txt", "30000", method));
  play.peer.hears("<iq type='result' id='ab12a'>" + Psi::submit(method) + "</iq>");
  gives_some(play, method, "ft_1a2b", std::string(12'288, 'x'));  // another file of that name
  play.until_ann("queued/waiting-peer");
  play.peer.says(Psi::offer("notes.txt", "30000", method));
  play.peer.hears("<iq type='result' id='ab12a'>" + Psi::submit(method) + "</iq>");
  gives_all(play, method, "ft_1a2b", content);
  play.check_ann_has(content);
  CHECK(play.ann_tells("from the start: neither a hash nor a date says that it is the same file"));
}
