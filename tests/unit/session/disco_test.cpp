// SPDX-License-Identifier: MIT
#include "session/disco.h"

#include <catch2/catch.hpp>
#include <functional>

#include "support/fake_iq_channel.h"
#include "support/jid.h"

namespace disco_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

// XEP-0115 section 5.2: this answer hashes to that ver.
constexpr auto kExodusInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'"
    " node='http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0='>"
    "<identity category='client' type='pc' name='Exodus 0.9.1'/>"
    "<feature var='http://jabber.org/protocol/caps'/>"
    "<feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/>"
    "<feature var='http://jabber.org/protocol/muc'/></query>";
const Caps kExodus{"http://code.google.com/p/exodus", "QgayPKawpkPSDYmwT/WM94uAlu0=", "sha-1"};
constexpr auto kPoison =
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='client' type='pc'/><feature var='http://jabber.org/protocol/si'/></query>";

struct World {
  FakeTimers timers;
  FakeIqChannel iq{timers};
  Disco disco{iq, timers, {std::string(kNsSi), std::string(kNsIbb), std::string(kNsSi)}};
  std::vector<Result<DiscoInfo>> answers;

  std::unique_ptr<IqRequest> ask(std::string_view of, const std::optional<Caps>& caps = {}) {
    return disco.info(jid(of), caps, [this](Result<DiscoInfo> info) { answers.push_back(info); });
  }
};

}  // namespace

TEST_CASE("disco: tells what we are and can do, and no version (XEP-0030)", "[disco]") {
  World world;
  world.iq.inject(
      "<iq type='get' id='d1' from='juliet@capulet.lit/balcony'>"
      "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  world.iq.expect_result("d1",
                         "<query xmlns='http://jabber.org/protocol/disco#info'>"
                         "<identity category='client' type='pc' name='xmppftd'/>"
                         "<feature var='http://jabber.org/protocol/caps'/>"
                         "<feature var='http://jabber.org/protocol/disco#info'/>"
                         "<feature var='http://jabber.org/protocol/ibb'/>"
                         "<feature var='http://jabber.org/protocol/si'/></query>");
}

TEST_CASE("disco: our caps hash what we answer at their node (XEP-0115)", "[disco]") {
  World world;
  const auto node = world.disco.caps().disco_node();
  CHECK(node.find("https://xmppft.org#") == 0);
  world.iq.inject("<iq type='get' id='d1' from='juliet@capulet.lit/balcony'><query node='" + node +
                  "' xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  const auto answer = DiscoInfo::parse(world.iq.take().payload());
  REQUIRE(answer);
  CHECK(answer->node == node);
  CHECK(*caps_ver(*answer) == world.disco.caps().ver);
  CHECK(world.disco.caps().hash == "sha-1");
}

TEST_CASE("disco: a node that is not ours is not found; we have no items", "[disco]") {
  World world;
  world.iq.inject(
      "<iq type='get' id='d1' from='juliet@capulet.lit/balcony'>"
      "<query node='https://xmppft.org#old' xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  world.iq.expect_error("d1", Condition::ItemNotFound);
  world.iq.inject(
      "<iq type='get' id='d2' from='juliet@capulet.lit/balcony'>"
      "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
  world.iq.expect_result("d2", "<query xmlns='http://jabber.org/protocol/disco#items'/>");
}

TEST_CASE("disco: one verified answer serves all who show the same caps", "[disco]") {
  World world;
  CHECK_FALSE(world.disco.known(jid("juliet@capulet.lit/balcony"), kExodus));
  auto first = world.ask("juliet@capulet.lit/balcony", kExodus);
  world.iq.expect(
      "<iq type='get' to='juliet@capulet.lit/balcony'><query"
      " xmlns='http://jabber.org/protocol/disco#info'"
      " node='http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0='/></iq>");
  world.iq.reply(kExodusInfo);
  REQUIRE(world.answers.size() == 1);
  world.disco.forget(jid("juliet@capulet.lit/balcony"));

  auto second = world.ask("nurse@capulet.lit/kitchen", kExodus);
  CHECK(world.answers.size() == 1);  // never before info() returned
  world.timers.turn();
  REQUIRE(world.answers.size() == 2);
  CHECK(world.answers[1]->has_feature("http://jabber.org/protocol/muc"));
  CHECK(world.disco.known(jid("tybalt@capulet.lit/street"), kExodus)
            ->has("http://jabber.org/protocol/muc"));
  world.iq.expect_nothing();
}

TEST_CASE("disco: an answer that its hash does not vouch for poisons nobody else's caps",
          "[disco]") {
  World world;
  auto liar = world.ask("mallory@evil.lit/x", kExodus);
  world.iq.take();
  world.iq.reply(kPoison);
  REQUIRE(world.answers.size() == 1);
  CHECK(world.answers[0]->has_feature(kNsSi));  // believed of Mallory alone
  CHECK(world.disco.known(jid("mallory@evil.lit/x"), kExodus));
  CHECK_FALSE(world.disco.known(jid("juliet@capulet.lit/balcony"), kExodus));

  auto honest = world.ask("juliet@capulet.lit/balcony", kExodus);
  world.iq.take();
  world.iq.reply(kExodusInfo);
  CHECK_FALSE(world.answers[1]->has_feature(kNsSi));
}

TEST_CASE("disco: caps with a hash we cannot check count for one resource", "[disco]") {
  World world;
  auto caps = kExodus;
  caps.hash = "sha-512";
  auto first = world.ask("juliet@capulet.lit/balcony", caps);
  world.iq.take();
  world.iq.reply(kExodusInfo);
  CHECK(world.disco.known(jid("juliet@capulet.lit/balcony"), caps));
  CHECK_FALSE(world.disco.known(jid("nurse@capulet.lit/kitchen"), caps));
}

TEST_CASE("disco: without caps a resource is asked once, until it goes offline", "[disco]") {
  World world;
  const auto juliet = jid("juliet@capulet.lit/balcony");
  auto first = world.ask(juliet.str());
  world.iq.expect(
      "<iq type='get' to='juliet@capulet.lit/balcony'>"
      "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  world.iq.reply(kPoison);
  CHECK(world.disco.known(juliet, std::nullopt));
  CHECK_FALSE(world.disco.known(juliet, kExodus));  // it changed its mind
  CHECK_FALSE(world.disco.known(jid("juliet@capulet.lit/balcony2"), std::nullopt));
  world.disco.forget(jid("juliet@capulet.lit/balcon"));
  CHECK(world.disco.known(juliet, std::nullopt));
  world.disco.forget(juliet);
  CHECK_FALSE(world.disco.known(juliet, std::nullopt));
}

TEST_CASE("disco: who does not know the node of its own caps is asked without it", "[disco]") {
  World world;
  auto request = world.ask("juliet@capulet.lit/balcony", kExodus);
  CHECK(world.iq.take().payload().attribute("node"));
  const std::string query = "<query xmlns='http://jabber.org/protocol/disco#info'";
  using Answer = std::function<void(FakeIqChannel&)>;
  std::vector<Answer> useless{
      [&](auto& iq) { iq.reply(query + "/>"); }, [&](auto& iq) { iq.reply(); },
      [&](auto& iq) { iq.reply("<x xmlns='y'/>"); },
      [&](auto& iq) {
        iq.reply(query + "><identity category='account' type='registered'/></query>");
      }};  // jabberd2
  for (const auto condition :
       {Condition::ItemNotFound, Condition::FeatureNotImplemented, Condition::ServiceUnavailable,
        Condition::BadRequest, Condition::NotAllowed, Condition::InternalServerError})
    useless.emplace_back([condition](auto& iq) { iq.refuse(condition); });
  useless[GENERATE(range(0U, 10U))](world.iq);
  CHECK(world.answers.empty());
  world.iq.expect(
      "<iq type='get' to='juliet@capulet.lit/balcony'>"
      "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  SECTION("answered") {
    world.iq.reply(kPoison);
    REQUIRE(world.answers.size() == 1);
    CHECK(world.answers[0]->has_feature(kNsSi));
    CHECK(world.disco.known(jid("juliet@capulet.lit/balcony"), kExodus));
  }
  SECTION("refused again") {
    world.iq.refuse(Condition::ItemNotFound);
    REQUIRE(world.answers.size() == 1);
    CHECK(world.answers[0].error().code == Errc::NoSuchPeer);
  }
  SECTION("forgotten meanwhile") {
    request.reset();
    world.iq.reply(kPoison);
    CHECK(world.answers.empty());
  }
  world.iq.expect_nothing();
}

TEST_CASE("disco: silence at the node is silence", "[disco]") {
  World world;
  auto request = world.ask("juliet@capulet.lit/balcony", kExodus);
  world.iq.take();
  world.timers.advance(15s);
  REQUIRE(world.answers.size() == 1);
  CHECK(world.answers[0].error().code == Errc::Timeout);
  world.iq.expect_nothing();
}

TEST_CASE("disco: what a server says in its user's place is no answer of his (jabberd2)",
          "[disco]") {
  World world;
  auto request = world.ask("juliet@capulet.lit/balcony");
  world.iq.take();
  world.iq.reply(
      "<query xmlns='http://jabber.org/protocol/disco#info'>"
      "<identity category='account' type='registered'/><feature var='msgoffline'/></query>");
  REQUIRE(world.answers.size() == 1);
  CHECK(world.answers[0].error().code == Errc::PeerOffline);
  CHECK_THAT(world.answers[0].error().detail, Catch::Contains("its server answered in its place"));
  CHECK_FALSE(world.disco.known(jid("juliet@capulet.lit/balcony"), std::nullopt));
}

TEST_CASE("disco: our own kind is known by its caps, whatever methods it has", "[disco]") {
  FakeTimers timers;
  FakeIqChannel iq(timers);
  const std::vector<std::string> always{std::string(kNsSi), std::string(kNsSiFile),
                                        std::string(kNsConfirm)};
  const auto with = [&](std::vector<std::string_view> methods) {
    auto features = always;
    for (const auto method : methods) features.emplace_back(method);
    return features;
  };
  Disco disco(iq, timers, with({kNsBytestreams, kNsIbb}));
  for (const auto& theirs :
       {with({kNsBytestreams, kNsIbb}), with({kNsBytestreams}), with({kNsIbb})}) {
    FakeIqChannel their_iq(timers);
    const Disco other(their_iq, timers, theirs);
    const auto known = disco.known(jid("juliet@capulet.lit/balcony"), other.caps());
    REQUIRE(known);
    for (const auto& feature : theirs) CHECK(known->has(feature));
    CHECK(known->has(kNsBytestreams) ==
          (std::find(theirs.begin(), theirs.end(), kNsBytestreams) != theirs.end()));
    std::optional<Result<DiscoInfo>> answer;
    auto request = disco.info(jid("juliet@capulet.lit/balcony"), other.caps(),
                              [&](Result<DiscoInfo> info) { answer = std::move(info); });
    iq.expect_nothing();
    timers.turn();
    REQUIRE(answer);
  }
  auto strange = disco.caps();
  strange.hash = "sha-512";
  CHECK_FALSE(disco.known(jid("juliet@capulet.lit/balcony"), strange));
}

TEST_CASE("disco: why there is no answer", "[disco]") {
  World world;
  auto request = world.ask("juliet@capulet.lit/balcony");
  world.iq.take();
  const auto code = [&] {
    REQUIRE(world.answers.size() == 1);
    return world.answers[0].error().code;
  };
  SECTION("no such address") {
    world.iq.refuse(Condition::ItemNotFound);
    CHECK(code() == Errc::NoSuchPeer);
  }
  SECTION("no such domain") {
    world.iq.refuse(Condition::RemoteServerNotFound);
    CHECK(code() == Errc::NoSuchPeer);
  }
  SECTION("gone") {
    world.iq.refuse(Condition::ServiceUnavailable);
    CHECK(code() == Errc::PeerOffline);
  }
  SECTION("silent") {
    world.timers.advance(15s);
    CHECK(code() == Errc::Timeout);
  }
  SECTION("session lost") {
    world.iq.disconnect();
    CHECK(code() == Errc::NotOnline);
  }
  SECTION("forgotten") {
    request.reset();
    world.iq.reply(kPoison);
    CHECK(world.answers.empty());
  }
  SECTION("forgotten, from the cache") {
    world.iq.reply(kPoison);
    auto again = world.ask("juliet@capulet.lit/balcony");
    again.reset();
    world.timers.turn();
    CHECK(world.answers.size() == 1);
  }
}

TEST_CASE("disco: a server is asked for its items, and never cached", "[disco]") {
  World world;
  std::optional<Result<DiscoItems>> items;
  auto request =
      world.disco.items(jid("montague.lit"), [&](Result<DiscoItems> got) { items = got; });
  world.iq.expect(
      "<iq type='get' to='montague.lit'><query "
      "xmlns='http://jabber.org/protocol/disco#items'/></iq>");
  world.iq.reply(
      "<query xmlns='http://jabber.org/protocol/disco#items'><item "
      "jid='proxy.montague.lit'/></query>");
  REQUIRE(items);
  CHECK((*items)->items.at(0).jid == "proxy.montague.lit");
  for (int i = 0; i < 2; ++i) {
    auto info = world.ask("proxy.montague.lit");
    world.iq.expect(
        "<iq type='get' to='proxy.montague.lit'><query "
        "xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    world.iq.reply(kPoison);
  }
}

TEST_CASE("disco cache: forgets the least recently used past 1000, keeps no giants", "[disco]") {
  DiscoCache cache;
  const auto resource = [](std::size_t i) {
    return jid("juliet@capulet.lit/" + std::to_string(i));
  };
  for (std::size_t i = 0; i < DiscoCache::kMaxAnswers; ++i)
    cache.put(resource(i), std::nullopt, {});
  REQUIRE(cache.find(resource(0), std::nullopt));  // used again
  cache.put(resource(5000), std::nullopt, {});
  CHECK(cache.size() == DiscoCache::kMaxAnswers);
  CHECK(cache.find(resource(0), std::nullopt));
  CHECK_FALSE(cache.find(resource(1), std::nullopt));
  CHECK(cache.find(resource(5000), std::nullopt));

  DiscoInfo giant;
  giant.features.assign(100, std::string(200, 'x'));
  cache.put(resource(6000), std::nullopt, giant);
  CHECK_FALSE(cache.find(resource(6000), std::nullopt));
}

}  // namespace disco_test
