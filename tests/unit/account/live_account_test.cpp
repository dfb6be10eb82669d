// SPDX-License-Identifier: MIT
#include "account/live_account.h"

#include <stdlib.h>
#include <unistd.h>

#include <array>

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_network.h"
#include "support/fake_timers.h"
#include "support/jid.h"
#include "support/xml.h"

namespace live_account_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

/// A link whose server is the test.
struct FakeLinks final : XmppLinks {
  struct Link final : XmppLink {
    Link(FakeLinks& l, Handler& h) : links(l), handler(h) {}
    void connect(Login login) override { links.logins.push_back(std::move(login)); }
    void send(std::string xml) override { links.sent.push_back(std::move(xml)); }
    void close() override { ++links.closes; }
    FakeLinks& links;
    Handler& handler;
  };
  std::unique_ptr<XmppLink> make(XmppLink::Handler& h) override {
    handler = &h;
    return std::make_unique<Link>(*this, h);
  }
  XmppLink::Handler* handler = nullptr;
  std::vector<Login> logins;
  std::vector<std::string> sent;
  int closes = 0;
};

/// Work is done at once, its answer comes on the next turn.
struct FakeBackground final : Background {
  explicit FakeBackground(FakeTimers& t) : later(t) {}
  void run(Callback<void()> work, Callback<void()> then) override {
    work();
    later.run(std::move(then));
  }
  Later later;
};

/// The queue, as an account sees it.
struct Events final : AccountEvents {
  void on_offer(AccountId id, std::unique_ptr<IncomingOffer> offer) override {
    note(id, "offer of " + offer->offer().file.name);
    offers.push_back(std::move(offer));
  }
  bool on_withdrawn(AccountId id, const Withdrawal& what) override {
    note(id, "withdrawn " + what.sid);
    return true;
  }
  void on_ready(AccountId id, const Jid& peer) override { note(id, "ready " + peer.str()); }
  void account_changed(AccountId) override { ++online_changes; }
  void account_removed(AccountId) override {}
  void peer_changed(AccountId id, const Jid& bare) override { note(id, "changed " + bare.str()); }
  void peer_gone(AccountId id, const Jid& full) override { note(id, "gone " + full.str()); }
  bool knows(AccountId id, const Jid& peer) const override {
    return peer.str() == "tybalt@capulet.lit/x" && id == 7;
  }
  void note(AccountId id, const std::string& what) {
    heard.push_back(std::to_string(id) + " " + what);
  }
  int online_changes = 0;
  std::vector<std::string> heard;
  std::vector<std::unique_ptr<IncomingOffer>> offers;
};

struct Stage {
  Stage() {
    char name[] = "/tmp/xmppft-account-XXXXXX";
    folder = mkdtemp(name);
    settings.id = 1;
    settings.jid = "romeo@montague.lit";
    settings.resource = "orchard";
  }
  ~Stage() {
    account.reset();
    REQUIRE(std::system(("rm -r " + folder).c_str()) == 0);
  }
  LiveAccount& make(bool with_password = true) {
    store = std::make_unique<AccountStore>(folder);
    if (with_password) REQUIRE(store->save_password(1, Secret("secret")));
    account = std::make_unique<LiveAccount>(
        AccountWorld{links, timers, network, bulk, background, listener, addresses, s5b, *store,
                     config, events},
        settings, [this] { ++changes; });
    return *account;
  }
  /// Started and logged in.
  LiveAccount& online() {
    auto& it = make();
    it.start();
    timers.turn();
    links.handler->on_up(jid("romeo@montague.lit/orchard"));
    return it;
  }

  FakeTimers timers;
  FakeLinks links;
  FakeNetwork network{timers};
  FakeBulk bulk{timers};
  FakeBackground background{timers};
  S5bListener listener{network, timers, {}};
  AddressPolicy addresses;
  S5bConfig s5b;
  Config config;
  Events events;
  std::string folder;
  AccountSettings settings;
  std::unique_ptr<AccountStore> store;
  int changes = 0;
  std::unique_ptr<LiveAccount> account;
};

/// What a Done heard; kept alive by those that may still be called.
struct Heard {
  Account::Done done() {
    return [box = box](Result<void> result) {
      box->push_back(result ? "ok" : std::string(to_string(result.error().code)));
    };
  }
  std::shared_ptr<std::vector<std::string>> box = std::make_shared<std::vector<std::string>>();
  std::vector<std::string>& words = *box;
};

/// What `act` logs.
template <class Act>
std::string logged(Act act) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int before = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  act();
  dup2(before, STDERR_FILENO);
  close(before);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t n; (n = read(ends[0], piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  return text;
}

}  // namespace

TEST_CASE("account: an enabled one logs in by itself with the password kept", "[account]") {
  Stage stage;
  auto& account = stage.make();
  account.start();
  CHECK(account.status().state == AccountState::Connecting);
  stage.timers.turn();
  REQUIRE(stage.links.logins.size() == 1);
  CHECK(stage.links.logins[0].jid.str() == "romeo@montague.lit/orchard");
  CHECK(std::string(stage.links.logins[0].password.reveal()) == "secret");
  stage.links.handler->on_up(jid("romeo@montague.lit/orchard"));
  CHECK(account.online());
  CHECK(account.status().bound_jid == "romeo@montague.lit/orchard");
  CHECK(account.status().password_store == "file");
  CHECK(stage.events.online_changes == 1);
}

TEST_CASE("account: a resource is made up once and kept", "[account]") {
  Stage stage;
  stage.settings.resource.clear();
  auto& account = stage.make();
  account.start();
  stage.timers.turn();
  const auto resource = account.settings().resource;
  CHECK(resource.substr(0, 7) == "xmppft-");
  stage.timers.turn();
  CHECK(stage.store->load().value().at(0).resource == resource);
}

TEST_CASE("account: it knows its own full address, of this session or the next", "[account]") {
  Stage stage;
  SECTION("online: as the server bound it") {
    auto& account = stage.make();
    account.start();
    stage.timers.turn();
    stage.links.handler->on_up(jid("romeo@montague.lit/other"));
    CHECK(account.self().str() == "romeo@montague.lit/other");
  }
  SECTION("offline: as it will ask for it") {
    CHECK(stage.make().self().str() == "romeo@montague.lit/orchard");
  }
  SECTION("before there was any") {
    stage.settings.resource.clear();
    CHECK(stage.make().self().str() == "romeo@montague.lit");
  }
}

TEST_CASE("account: a wrong password is tried once, then waits for the user", "[account]") {
  Stage stage;
  auto& account = stage.make();
  Heard heard;
  account.connect(heard.done());
  stage.timers.turn();
  stage.links.handler->on_down({AccountReason::Auth, "not-authorized", ""});
  CHECK(heard.words == std::vector<std::string>{"AuthFailed"});
  CHECK(account.status().state == AccountState::Failed);
  CHECK(account.status().reason == AccountReason::Auth);
  CHECK_FALSE(account.settings().enabled);
  stage.timers.advance(2h);
  CHECK(stage.links.logins.size() == 1);
  account.set_password(Secret("better"), "auto",
                       [](Result<std::string> where) { CHECK(where.value() == "file"); });
  stage.timers.turn();
  account.connect(heard.done());
  stage.timers.turn();
  REQUIRE(stage.links.logins.size() == 2);
  CHECK(std::string(stage.links.logins[1].password.reveal()) == "better");
}

TEST_CASE("account: without a password nothing is tried", "[account]") {
  Stage stage;
  auto& account = stage.make(false);
  Heard heard;
  account.connect(heard.done());
  stage.timers.turn();
  CHECK(heard.words == std::vector<std::string>{"NoPassword"});
  CHECK(account.status().reason == AccountReason::NoPassword);
  CHECK(stage.links.logins.empty());
}

TEST_CASE("account: a lost server is tried again, soon and then less soon", "[account]") {
  Stage stage;
  auto& account = stage.online();
  stage.links.handler->on_down({AccountReason::Backoff, "reset", ""});
  CHECK_FALSE(account.online());
  CHECK(account.status().state == AccountState::Connecting);
  CHECK(account.status().reason == AccountReason::Backoff);
  CHECK(stage.events.online_changes == 2);
  stage.timers.advance(1300ms);
  CHECK(stage.links.logins.size() == 2);
  stage.links.handler->on_down({AccountReason::Unreachable, "refused", ""});
  stage.timers.advance(1500ms);
  CHECK(stage.links.logins.size() == 2);
  stage.timers.advance(1s);
  CHECK(stage.links.logins.size() == 3);
}

TEST_CASE("account: on another network a session is asked, and a login that waits comes at once",
          "[account]") {
  Stage stage;
  auto& account = stage.online();
  const auto sent = stage.links.sent.size();
  account.network_changed();
  REQUIRE(stage.links.sent.size() == sent + 1);
  CHECK(stage.links.sent.back().find("urn:xmpp:ping") != std::string::npos);
  stage.timers.advance(3s);
  CHECK(stage.links.closes == 1);
  stage.links.handler->on_down({AccountReason::User, "closed", ""});
  stage.timers.advance(1300ms);
  for (int time = 0; time < 5; ++time) {
    stage.links.handler->on_down({AccountReason::NoNetwork, "no route", ""});
    stage.timers.advance(400s);
  }
  stage.links.handler->on_down({AccountReason::NoNetwork, "no route", ""});
  stage.timers.advance(2s);
  const auto logins = stage.links.logins.size();
  account.network_changed();
  CHECK(stage.links.logins.size() == logins + 1);
  account.network_changed();  // that attempt is under way
  CHECK(stage.links.logins.size() == logins + 1);
  stage.links.handler->on_down({AccountReason::Tls, "self-signed", ""});
  account.network_changed();
  stage.timers.advance(200s);
  CHECK(stage.links.logins.size() == logins + 1);
}

TEST_CASE("account: a refused certificate is not tried again before five minutes (NT1)",
          "[account]") {
  Stage stage;
  auto& account = stage.make();
  Heard heard;
  account.connect(heard.done());
  stage.timers.turn();
  stage.links.handler->on_down({AccountReason::Tls, "self-signed", ""});
  CHECK(heard.words == std::vector<std::string>{"Tls"});
  CHECK(account.status().reason == AccountReason::Tls);
  CHECK(account.settings().enabled);
  stage.timers.advance(299s);
  CHECK(stage.links.logins.size() == 1);
  stage.timers.advance(62s);
  CHECK(stage.links.logins.size() == 2);
}

TEST_CASE("account: a contact list that does not come is told, unless the session ended first",
          "[account]") {
  Stage stage;
  stage.online();
  const bool ends = GENERATE(true, false);
  const auto text = logged([&] {
    if (ends)
      stage.links.handler->on_down({AccountReason::Backoff, "reset", ""});
    else
      stage.timers.advance(31s);
  });
  CHECK((text.find("the contact list did not come") == text.npos) == ends);
}

TEST_CASE("account: after a conflict another resource is asked for, a minute later", "[account]") {
  Stage stage;
  stage.online();
  stage.links.handler->on_down({AccountReason::Conflict, "replaced", ""});
  stage.timers.advance(59s);
  CHECK(stage.links.logins.size() == 1);
  stage.timers.advance(15s);
  REQUIRE(stage.links.logins.size() == 2);
  const std::string resource(stage.links.logins[1].jid.resource());
  CHECK(resource.substr(0, 8) == "orchard-");
  CHECK(stage.account->settings().resource == "orchard");
}

TEST_CASE("account: told to disconnect, it stays offline", "[account]") {
  Stage stage;
  auto& account = stage.online();
  Heard heard;
  account.disconnect(heard.done());
  CHECK(stage.links.closes == 1);
  stage.links.handler->on_down({AccountReason::User, "closed", ""});
  stage.timers.turn();
  CHECK(heard.words == std::vector<std::string>{"ok"});
  CHECK(account.status().state == AccountState::Offline);
  CHECK(account.status().reason == AccountReason::User);
  CHECK_FALSE(stage.store->load().value().at(0).enabled);
  stage.timers.advance(1h);
  CHECK(stage.links.logins.size() == 1);
  // And back: connect() while it is still closing is not lost.
  account.connect(heard.done());
  stage.timers.turn();
  CHECK(stage.links.logins.size() == 2);
}

TEST_CASE("account: connect() while it closes logs in once that is over", "[account]") {
  Stage stage;
  auto& account = stage.online();
  Heard heard;
  account.disconnect(heard.done());
  account.connect(heard.done());
  stage.links.handler->on_down({AccountReason::User, "closed", ""});
  stage.timers.turn();
  REQUIRE(stage.links.logins.size() == 2);
  stage.links.handler->on_up(jid("romeo@montague.lit/orchard"));
  CHECK(account.online());
  CHECK(account.settings().enabled);
}

TEST_CASE(
    "account: connect() while it connects joins that attempt; while online it answers at once",
    "[account]") {
  Stage stage;
  auto& account = stage.make();
  Heard heard;
  account.connect(heard.done());
  stage.timers.turn();
  account.connect(heard.done());
  stage.links.handler->on_up(jid("romeo@montague.lit/orchard"));
  CHECK(heard.words == std::vector<std::string>{"ok", "ok"});
  account.connect(heard.done());
  CHECK(heard.words.size() == 2);
  stage.timers.turn();
  CHECK(heard.words.size() == 3);
  CHECK(stage.links.logins.size() == 1);
}

TEST_CASE("account: settings that concern the session make it log in anew", "[account]") {
  Stage stage;
  auto& account = stage.online();
  auto settings = account.settings();
  Heard heard;
  SECTION("the server") {
    settings.host = "192.0.2.1";
    account.update(settings, heard.done());
    CHECK(stage.links.closes == 1);
    stage.links.handler->on_down({AccountReason::User, "closed", ""});
    stage.timers.turn();
    REQUIRE(stage.links.logins.size() == 2);
    CHECK(stage.links.logins[1].host == "192.0.2.1");
  }
  SECTION("the ip_policy does not") {
    settings.ip_policy = IpPolicy::IbbOnly;
    account.update(settings, heard.done());
    CHECK(stage.links.closes == 0);
    CHECK(account.trust(jid("juliet@capulet.lit")).streams_allowed == false);
  }
  stage.timers.turn();
  CHECK(heard.words == std::vector<std::string>{"ok"});
}

TEST_CASE("account: ip_policy says who may learn our address", "[account]") {
  Stage stage;
  const auto stranger = jid("tybalt@capulet.lit/x");
  struct Row {
    IpPolicy policy;
    bool direct, own_proxy_only, streams;
  };
  const auto row = GENERATE(
      Row{IpPolicy::Open, true, false, true}, Row{IpPolicy::Contacts, false, true, true},
      Row{IpPolicy::ProxyOnly, false, true, true}, Row{IpPolicy::IbbOnly, false, true, false});
  stage.settings.ip_policy = row.policy;
  const auto trust = stage.make().trust(stranger);
  CHECK(trust.direct_allowed == row.direct);
  CHECK(trust.own_proxy_only == row.own_proxy_only);
  CHECK(trust.streams_allowed == row.streams);
  CHECK_FALSE(trust.subscribed);
}

TEST_CASE("account: who is in a room that we came to by a send is no person to trust (ST8)",
          "[account]") {
  Stage stage;
  auto& account = stage.online();
  const auto from = [&](const char* nick) {
    stage.links.handler->on_stanza(
        parse_xml("<presence from='hall@conference.capulet.lit/" + std::string(nick) +
                  "'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>"));
  };
  stage.timers.advance(31s);  // no contact list: presence goes out now
  CHECK_FALSE(account.trust(jid("hall@conference.capulet.lit/tybalt")).room_occupant);
  account.plan(jid("hall@conference.capulet.lit/romeo"), all_choices(), [](Result<SendPlan>) {});
  stage.timers.turn();
  from("tybalt");
  CHECK(account.trust(jid("hall@conference.capulet.lit/tybalt")).room_occupant);
  CHECK_FALSE(account.trust(jid("juliet@capulet.lit/balcony")).room_occupant);
}

TEST_CASE("account: what concerns files is told to the queue, under the account's id",
          "[account]") {
  Stage stage;
  stage.settings.id = 7;
  auto& account = stage.make(false);
  account.set_password(Secret("secret"), "session", [](Result<std::string>) {});
  account.connect([](Result<void>) {});
  stage.timers.turn();
  stage.links.handler->on_up(jid("romeo@montague.lit/orchard"));
  stage.timers.advance(31s);  // no contact list: presence goes out now
  const auto arrive = [&](const std::string& xml) {
    stage.links.handler->on_stanza(parse_xml(xml));
  };
  auto& heard = stage.events.heard;
  heard.clear();
  SECTION("a resource comes and goes") {
    arrive("<presence from='romeo@montague.lit/phone'/>");
    arrive("<presence from='romeo@montague.lit/phone' type='unavailable'/>");
    CHECK(heard == std::vector<std::string>{"7 changed romeo@montague.lit",
                                            "7 gone romeo@montague.lit/phone",
                                            "7 changed romeo@montague.lit"});
  }
  SECTION("an offer, of whom the queue knows and of nobody else") {
    const auto offer_of = [&](const std::string& from) {
      arrive("<iq type='set' id='1' from='" + from +
             "'><si xmlns='http://jabber.org/protocol/si' id='a0' "
             "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
             "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' name='test.txt' "
             "size='1022'/><feature xmlns='http://jabber.org/protocol/feature-neg'>"
             "<x xmlns='jabber:x:data' type='form'>"
             "<field var='stream-method' type='list-single'><option><value>"
             "http://jabber.org/protocol/ibb</value></option></field></x></feature></si></iq>");
    };
    offer_of("mercutio@montague.lit/x");
    CHECK(heard.empty());
    offer_of("tybalt@capulet.lit/x");
    CHECK(heard == std::vector<std::string>{"7 offer of test.txt"});
  }
  SECTION("an offer taken back") {
    arrive(
        "<iq type='set' id='1' from='tybalt@capulet.lit/x'>"
        "<withdrawn xmlns='urn:xmppft:confirm:0' sid='a0'/></iq>");
    CHECK(heard == std::vector<std::string>{"7 withdrawn a0"});
  }
  stage.events.offers.clear();
}

TEST_CASE("account: what needs a session says so while there is none", "[account]") {
  Stage stage;
  auto& account = stage.make();
  Heard heard;
  account.add_contact(jid("juliet@capulet.lit"), "", heard.done());
  CHECK(heard.words.empty());
  stage.timers.turn();
  CHECK(heard.words == std::vector<std::string>{"NotOnline"});
  CHECK(account.approve_contact(jid("juliet@capulet.lit")).error().code == Errc::NotOnline);
  bool asked = false;
  account.plan(jid("juliet@capulet.lit"), all_choices(), [&](Result<SendPlan> plan) {
    asked = true;
    CHECK(plan.error().code == Errc::NotOnline);
  });
  stage.timers.turn();
  CHECK(asked);
}

TEST_CASE("account: a session password is never written", "[account]") {
  Stage stage;
  auto& account = stage.make(false);
  account.set_password(Secret("secret"), "session",
                       [](Result<std::string> where) { CHECK(where.value() == "session"); });
  stage.timers.turn();
  CHECK(stage.store->load_password(1).error().code == Errc::NoPassword);
  Heard heard;
  account.connect(heard.done());
  stage.timers.turn();
  CHECK(stage.links.logins.size() == 1);
}

TEST_CASE("account: removed in the middle of anything, everybody waiting hears of it",
          "[account]") {
  Stage stage;
  auto& account = stage.make();
  Heard heard;
  account.connect(heard.done());
  stage.account.reset();
  CHECK(heard.words == std::vector<std::string>{"NoSuchAccount"});
  stage.timers.advance(10s);
}

}  // namespace live_account_test
