// SPDX-License-Identifier: MIT
#include "scenario/peers/foreign_peer.h"

#include "model/namespaces.h"
#include "support/fake_iq_channel.h"
#include "support/jid.h"
#include "support/xml.h"
#include "xep/xep0030_disco.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd::test {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  const auto bytes = from_hex(digits);
  REQUIRE(bytes.has_value());
  return {bytes->begin(), bytes->end()};
}

std::string hex_of(std::string_view bytes) { return to_hex(view_of(bytes)); }

}  // namespace

// ---- ForeignSocket

void ForeignSocket::on_bytes(ByteView bytes) {
  got_.append(bytes.begin(), bytes.end());
  socket_->want(kPiece);
}

void ForeignSocket::writes(std::string_view hex) { writes_text(bytes_of(hex)); }

void ForeignSocket::writes_text(std::string_view text) {
  REQUIRE(socket_);
  socket_->write(view_of(text));
  play_.settle();
}

std::string ForeignSocket::takes(std::size_t count) {
  play_.until([&] { return got_.size() >= count || ended_; }, 10s);
  INFO("came: " << hex_of(got_.substr(0, 64)));
  REQUIRE(got_.size() >= count);
  auto taken = got_.substr(0, count);
  got_.erase(0, count);
  return taken;
}

void ForeignSocket::reads(std::string_view hex) {
  const auto wanted = bytes_of(hex);
  CHECK(hex_of(takes(wanted.size())) == hex_of(wanted));
}

void ForeignSocket::reads_nothing() {
  play_.settle();
  CHECK(hex_of(got_).empty());
}

bool ForeignSocket::sees_end() {
  return play_.until([&] { return ended_; }, 10s);
}

// ---- ForeignPeer

ForeignPeer::ForeignPeer(Play& play, const std::string& resource, std::vector<std::string> features)
    : play_(play),
      jid_(kBob + "/" + resource),
      features_(std::move(features)),
      network_(play.wires, kHost) {
  returns();
}

ForeignPeer::~ForeignPeer() = default;

void ForeignPeer::returns() {
  link_ = play_.server.make(*this);
  link_->connect({test::jid(jid_), Secret("secret"), "", 0, "", "", false});
  play_.settle();
  says("<presence/>");
}

void ForeignPeer::on_stanza(Element stanza) {
  if (stanza.name == "presence") return;
  const auto* disco = stanza.child("query", kNsDiscoInfo);
  if (!disco) return heard_.push_back(std::move(stanza));
  DiscoInfo info;
  info.node = disco->attribute_or_empty("node");
  info.identities.push_back({"client", "pc", "", ""});
  info.features = features_;
  Element reply("iq", std::string(kNsClient));
  reply.set("type", "result").set("id", std::string(stanza.attribute_or_empty("id")));
  reply.set("to", std::string(stanza.attribute_or_empty("from"))).add(info.build());
  link_->send(reply.to_xml());
}

Element ForeignPeer::hears(std::string_view xml, std::chrono::milliseconds within) {
  const auto wanted = parse_xml(xml);
  play_.until([&] { return !heard_.empty(); }, within);
  INFO("wanted: " << wanted.to_xml() << "\nann: " << play_.ann->state() << "\n"
                  << Play::story(play_.ann_disk));
  REQUIRE(!heard_.empty());
  auto stanza = std::move(heard_.front());
  heard_.pop_front();
  INFO("heard:  " << stanza.to_xml());
  auto seen = stanza;  // who and which counts only where it is written
  for (const auto* name : {"id", "from", "to"})
    if (!wanted.attribute(name))
      std::erase_if(seen.attributes, [&](const auto& one) { return one.first == name; });
  REQUIRE(matches(wanted, seen));
  if (stanza.name == "iq") last_iq_ = stanza;
  return stanza;
}

Element ForeignPeer::hears_a(std::string_view child, std::chrono::milliseconds within) {
  play_.until([&] { return !heard_.empty(); }, within);
  INFO("wanted a " << child << "\nann: " << play_.ann->state() << "\n"
                   << Play::story(play_.ann_disk));
  REQUIRE(!heard_.empty());
  last_iq_ = std::move(heard_.front());
  heard_.pop_front();
  INFO("heard:  " << last_iq_.to_xml());
  REQUIRE(!last_iq_.children.empty());
  REQUIRE(last_iq_.children.front().name == child);
  return last_iq_.children.front();
}

void ForeignPeer::hears_nothing() {
  play_.settle();
  INFO((heard_.empty() ? "" : heard_.front().to_xml()));
  CHECK(heard_.empty());
}

void ForeignPeer::says(std::string_view xml) {
  link_->send(std::string(xml));
  play_.settle();
}

void ForeignPeer::answers(std::string_view payload) {
  says("<iq type='result' id='" + std::string(last_iq_.attribute_or_empty("id")) + "' to='" +
       std::string(last_iq_.attribute_or_empty("from")) + "'>" + std::string(payload) + "</iq>");
}

void ForeignPeer::refuses(std::string_view error) {
  says("<iq type='error' id='" + std::string(last_iq_.attribute_or_empty("id")) + "' to='" +
       std::string(last_iq_.attribute_or_empty("from")) + "'>" + std::string(error) + "</iq>");
}

void ForeignPeer::leaves() {
  link_->close();
  play_.settle();
  heard_.clear();
}

void ForeignPeer::listens(std::uint16_t port) {
  const auto at = SocketAddress::parse("0.0.0.0", port).value();
  listeners_.push_back(
      network_
          .listen(at, [this](UniqueFd connection,
                             const SocketAddress&) { knocking_.push_back(std::move(connection)); })
          .value());
}

std::unique_ptr<ForeignSocket> ForeignPeer::accepts() {
  const bool there = play_.until([&] { return !knocking_.empty(); }, 10s);
  REQUIRE(there);
  auto socket = std::make_unique<ForeignSocket>(play_);
  socket->socket_ = network_.adopt(std::move(knocking_.front()), *socket);
  socket->socket_->want(ForeignSocket::kPiece);
  knocking_.pop_front();
  return socket;
}

std::unique_ptr<ForeignSocket> ForeignPeer::dials(const std::string& host, std::uint16_t port) {
  auto socket = std::make_unique<ForeignSocket>(play_);
  socket->socket_ = network_.connect(SocketAddress::parse(host, port).value(), *socket);
  play_.settle();
  return socket;
}

std::unique_ptr<ForeignSocket> ForeignPeer::dials_first_host(const Element& query) {
  const auto parsed = BytestreamsQuery::parse(query);
  REQUIRE(parsed);
  REQUIRE(!parsed->hosts.empty());
  return dials(parsed->hosts.front().host, parsed->hosts.front().port);
}

// ---- PeerPlay

PeerPlay::PeerPlay(const std::string& resource, std::vector<std::string> features)
    : Play(false), peer(*this, resource, std::move(features)) {}

std::vector<std::string> PeerPlay::si_and(std::vector<std::string> methods) {
  methods.insert(methods.end(), {"http://jabber.org/protocol/si",
                                 "http://jabber.org/protocol/si/profile/file-transfer",
                                 "http://jabber.org/protocol/disco#info"});
  return methods;
}

void PeerPlay::ann_trusts_bob() {
  AcceptRule rule;
  rule.from = kBob;
  REQUIRE(ann->queue().set_rules({rule}));
}

std::string PeerPlay::submit(const std::string& method) {
  return "<si xmlns='http://jabber.org/protocol/si'><feature "
         "xmlns='http://jabber.org/protocol/feature-neg'>"
         "<x xmlns='jabber:x:data' type='submit'><field var='stream-method'><value>" +
         method + "</value></field></x></feature></si>";
}

Element PeerPlay::peer_accepts(const std::string& content, std::string_view answer,
                               const std::string& way) {
  send(content, way.empty() ? std::vector<std::string>{} : std::vector{way});
  auto si = peer.hears_a("si");
  peer.answers(answer);
  return si;
}

void PeerPlay::until_ann(const std::string& state, std::chrono::milliseconds limit) {
  const bool there = until([&] { return ann->state() == state; }, limit);
  INFO("wanted " << state << ", ann: " << ann->state() << "\n" << story(ann_disk));
  REQUIRE(there);
}

void PeerPlay::check_ann_has(const std::string& content, const std::string& name) {
  until_ann("done");
  const auto path = "/in/" + name;
  REQUIRE(ann_disk.names.count(path) == 1);
  const bool same = ann_disk.inodes.at(ann_disk.names.at(path)).content == content;
  CHECK(same);
  CHECK(ann_disk.parts().empty());
}

void PeerPlay::check_ann_sent(std::string_view method_and_route) {
  until_ann("done");
  const auto& job = ann->job();
  CHECK(MethodChoice{job.method, job.route}.str() == method_and_route);
  CHECK(job.attempt == 1);
}

bool PeerPlay::ann_tells(std::string_view words, JobId id) const {
  return story(ann_disk, id).find(words) != std::string::npos;
}

}  // namespace xmppftd::test
