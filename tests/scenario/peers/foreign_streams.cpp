// SPDX-License-Identifier: MIT
#include "scenario/peers/foreign_streams.h"

#include "base/bytes.h"
#include "model/namespaces.h"

namespace xmppftd::test {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::uint16_t kPort = 40123;

using Socket = std::unique_ptr<ForeignSocket>;

std::string set_iq(const std::string& id, const std::string& payload) {
  return "<iq type='set' id='" + id + "' to='" + kAnnJid + "'>" + payload + "</iq>";
}

Socket dials_ann(PeerPlay& play, const std::string& sid) {
  const auto query = play.peer.hears_a("query");
  auto socket = play.peer.dials_first_host(query);
  socket->writes("05 01 00");
  socket->reads("05 00");
  const auto dst = to_hex(view_of(dst_addr(sid, kAnnJid, play.peer.jid())));
  socket->writes("05 01 00 03 28" + dst + "00 00");
  socket->reads("05 00 00 03 28" + dst + "00 00");
  play.peer.answers("<query xmlns='" + kS5bNs + "' sid='" + sid + "'><streamhost-used jid='" +
                    BytestreamsQuery::parse(query)->hosts.front().jid + "'/></query>");
  return socket;
}

Socket ann_dials(PeerPlay& play, const std::string& sid) {
  play.peer.listens(kPort);
  const std::string query = "<query xmlns='" + kS5bNs + "' sid='" + sid + "'";
  play.peer.says(set_iq("s5b", query + " mode='tcp'><streamhost jid='" + play.peer.jid() +
                                   "' host='10.0.0.2' port='" + std::to_string(kPort) +
                                   "'/></query>"));
  auto socket = play.peer.accepts();
  socket->reads("05 01 00");
  socket->writes("05 00");
  const auto dst = to_hex(view_of(dst_addr(sid, play.peer.jid(), kAnnJid)));
  socket->reads("05 01 00 03 28" + dst + "00 00");
  socket->writes("05 00 00 03 28" + dst + "00 00");
  play.peer.hears("<iq type='result' id='s5b'>" + query + "><streamhost-used jid='" +
                  play.peer.jid() + "'/></query></iq>");
  return socket;
}

/// Whole blocks, so perhaps more than `count`.
std::string takes_blocks(PeerPlay& play, std::size_t count) {
  play.peer.hears_a("open");
  play.peer.answers();
  std::string got;
  while (got.size() < count) {
    const auto bytes = from_base64(play.peer.hears_a("data").text);
    REQUIRE(bytes.has_value());
    got.append(bytes->begin(), bytes->end());
    play.peer.answers();
  }
  return got;
}

void gives_blocks(PeerPlay& play, const std::string& sid, const std::string& bytes) {
  const std::string about = " xmlns='" + kIbbNs + "' sid='" + sid + "'";
  play.peer.says(set_iq("ibb", "<open" + about + " block-size='4096'/>"));
  play.peer.hears("<iq type='result' id='ibb'/>");
  for (std::size_t seq = 0; seq * kBlock < bytes.size(); ++seq) {
    const auto number = std::to_string(seq);
    const auto block = to_base64(view_of(bytes.substr(seq * kBlock, kBlock)));
    play.peer.says(set_iq(number, "<data" + about + " seq='" + number + "'>" + block + "</data>"));
    play.peer.hears("<iq type='result' id='" + number + "'/>");
  }
}

void goes_and_returns(PeerPlay& play) {
  play.peer.leaves();
  play.pass(1s);
  play.peer.returns();
}

}  // namespace

std::string takes_some(PeerPlay& play, const std::string& method, const std::string& sid,
                       std::size_t count) {
  if (method == kIbbNs) {
    auto got = takes_blocks(play, count);
    goes_and_returns(play);
    return got;
  }
  play.ann->bulk().stop_at = count;  // what is on its way is not lost with the connection
  auto socket = dials_ann(play, sid);
  auto got = socket->takes(count);
  socket.reset();
  play.settle();
  play.ann->bulk().stop_at = ~0ull;
  return got;
}

std::string takes_all(PeerPlay& play, const std::string& method, const std::string& sid,
                      std::size_t count) {
  if (method == kS5bNs) {
    const auto socket = dials_ann(play, sid);
    auto got = socket->takes(count);
    CHECK(socket->sees_end());
    socket->reads_nothing();
    return got;
  }
  auto got = takes_blocks(play, count);
  play.peer.hears_a("close");
  play.peer.answers();
  return got;
}

void gives_some(PeerPlay& play, const std::string& method, const std::string& sid,
                const std::string& bytes) {
  if (method == kS5bNs) return ann_dials(play, sid)->writes_text(bytes);
  gives_blocks(play, sid, bytes);
  goes_and_returns(play);
}

void gives_all(PeerPlay& play, const std::string& method, const std::string& sid,
               const std::string& bytes) {
  if (method == kS5bNs) return ann_dials(play, sid)->writes_text(bytes);
  gives_blocks(play, sid, bytes);
  play.peer.says(set_iq("end", "<close xmlns='" + kIbbNs + "' sid='" + sid + "'/>"));
  play.peer.hears("<iq type='result' id='end'/>");
}

}  // namespace xmppftd::test
