// SPDX-License-Identifier: MIT
// Our border to the bus, on a bus: whatever is thrown behind it, each call has one answer and the
// process lives.
#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "base/callback.h"
#include "bus/guarded_object.h"
#include "bus/names.h"
#include "bus/options.h"
#include "bus/reply.h"
#include "job1_adaptor.h"
#include "support/any_text.h"

namespace border_test {

using namespace xmppftd;

namespace {

constexpr const char* kPath = "/org/xmppft/Daemon1/jobs/1";

constexpr const char* kOddInterface = "org.xmppft.Odd1";

/// What no interface of a job has: a property that can be set.
class Odd1_adaptor {
 protected:
  explicit Odd1_adaptor(sdbus::IObject& object) {
    object.registerProperty("Word")
        .onInterface(kOddInterface)
        .withGetter([this] { return word(); })
        .withSetter([this](const std::string& word) { set_word(word); });
  }
  ~Odd1_adaptor() = default;

 private:
  virtual std::string word() = 0;
  virtual void set_word(const std::string& word) = 0;
};

/// A job whose methods, getters and setter do what a test says.
class OddJob final : public BusObject<org::xmppft::Job1_adaptor, Odd1_adaptor,
                                      sdbus::Properties_adaptor, sdbus::ManagedObject_adaptor> {
 public:
  explicit OddJob(sdbus::IConnection& connection) : BusObject(connection, kPath) {}

  std::function<void(Reply<>&)> on_call = [](Reply<>& reply) { reply.give(); };
  std::function<std::string()> on_get = [] { return std::string(); };
  std::function<void(const std::string&)> on_set = [](const std::string&) {};
  std::set<std::string> getters_asked_by;

  using BusObject::caller;

 private:
  void Accept(sdbus::Result<>&& call, std::map<std::string, sdbus::Variant>) override {
    serve(std::move(call));
  }
  void Decline(sdbus::Result<>&& call, std::map<std::string, sdbus::Variant>) override {
    serve(std::move(call));
  }
  void Cancel(sdbus::Result<>&& call) override { serve(std::move(call)); }
  // Not one that respond() looks after.
  void Remove(sdbus::Result<>&&) override { throw std::runtime_error("thrown\xff\ufdd0"); }
  void serve(sdbus::Result<>&& call) { respond(std::move(call), on_call); }

  std::string word() override { return text(); }
  void set_word(const std::string& word) override { on_set(word); }
  std::string text() {
    getters_asked_by.insert(caller().name);
    return on_get();
  }
  std::uint64_t Id() override { return 1; }
  std::string Batch() override { return text(); }
  std::string Direction() override { return text(); }
  sdbus::ObjectPath Account() override { return "/"; }
  std::string Peer() override { return text(); }
  std::string PeerFull() override { return text(); }
  std::uint64_t CreatedAt() override { return 0; }
  std::uint64_t StartedAt() override { return 0; }
  std::uint64_t FinishedAt() override { return 0; }
  bool Persistent() override { return true; }
  std::string Name() override { return text(); }
  std::string Uri() override { return text(); }
  std::string MimeType() override { return text(); }
  std::string Description() override { return text(); }
  std::int64_t Size() override { return 0; }
  std::int32_t Priority() override { return 0; }
  std::string State() override { return text(); }
  std::string StateReason() override { return text(); }
  sdbus::Struct<std::string, std::string> Error() override { return {text(), text()}; }
  std::vector<std::string> Actions() override { return {text()}; }
  std::uint64_t Transferred() override { return 0; }
  std::uint64_t Offset() override { return 0; }
  std::uint64_t Rate() override { return 0; }
  std::int64_t Eta() override { return 0; }
  std::string Method() override { return text(); }
  VariantMap MethodDetail() override { return {}; }
  std::uint32_t Attempt() override { return 0; }
  std::uint64_t NextAttemptAt() override { return 0; }
  std::string Hash() override { return text(); }
  std::string HashState() override { return text(); }
  std::string Delivery() override { return text(); }
};

class Root final : public BusObject<sdbus::ObjectManager_adaptor> {
 public:
  explicit Root(sdbus::IConnection& connection) : BusObject(connection, kRootPath) {}
};

/// A served job and a client of it. The served side runs on a thread of its own; it is changed
/// between calls only.
struct Border {
  std::unique_ptr<sdbus::IConnection> served = sdbus::createSessionBusConnection();
  Root root{*served};
  OddJob job{*served};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSessionBusConnection();
  std::unique_ptr<sdbus::IProxy> client =
      sdbus::createProxy(*connection, served->getUniqueName(), kPath);
  std::unique_ptr<sdbus::IProxy> tree =
      sdbus::createProxy(*connection, served->getUniqueName(), kRootPath);

  Border() {
    client->finishRegistration();
    tree->finishRegistration();
    served->enterEventLoopAsync();
  }
  ~Border() { served->leaveEventLoop(); }

  /// The name of the error that a call is answered with, "" for a result. A call without answer
  /// throws after 5 s.
  std::string call(const char* method) {
    auto message = client->createMethodCall(kJobInterface, method);
    if (std::string_view(method) == "Accept") message << VariantMap{};
    try {
      client->callMethod(message, 5000000);
    } catch (const sdbus::Error& error) {
      REQUIRE(any_text::is_bus_text(error.getMessage()));
      REQUIRE(error.getName() != kNoAnswer);
      return error.getName();
    }
    return "";
  }

  /// One of org.freedesktop.DBus.Properties; throws what it is answered with.
  template <class... Args>
  sdbus::MethodReply properties(const char* method, const Args&... args) {
    auto message = client->createMethodCall("org.freedesktop.DBus.Properties", method);
    (message << ... << args);
    return client->callMethod(message, 5000000);
  }

  static constexpr const char* kNoAnswer = "org.freedesktop.DBus.Error.Timeout";
};

}  // namespace

TEST_CASE("border: a method is answered once, whatever it throws or forgets", "[bus]") {
  Border border;
  auto& on_call = border.job.on_call;
  CHECK(border.call("Accept").empty());
  on_call = [](Reply<>&) { throw std::runtime_error("bad \xff"); };
  CHECK(border.call("Accept") == "org.xmppft.Error.Internal");
  on_call = [](Reply<>&) { throw invalid_args("bad \ufdd0 \xff"); };
  CHECK(border.call("Accept") == kInvalidArgs);
  on_call = [](Reply<>&) { throw sdbus::Error("System.Error.EBADMSG", "of the library"); };
  CHECK(border.call("Accept") == kInvalidArgs);
  on_call = [](Reply<>&) {};
  CHECK(border.call("Accept") == kNoReply);
  on_call = [](Reply<>& reply) { Reply<> taken(std::move(reply)); };
  CHECK(border.call("Accept") == kNoReply);
  on_call = [](Reply<>& reply) {
    reply.fail({Errc::BadJid, "first \xff"});
    reply.give();
    throw std::runtime_error("third");
  };
  CHECK(border.call("Accept") == "org.xmppft.Error.BadJid");
  CHECK(border.call("Remove") == "org.xmppft.Error.Internal");
  // No second answer lies in wait for the next call.
  on_call = [](Reply<>& reply) { reply.give(); };
  CHECK(border.call("Accept").empty());
}

TEST_CASE("border: an answer that comes later, and any text in it", "[bus]") {
  Border border;
  std::thread later;
  border.job.on_call = [&](Reply<>& reply) {
    later = std::thread([reply = std::move(reply)]() mutable {
      reply.fail({Errc::Exists, "late\xff"});
    });
  };
  CHECK(border.call("Cancel") == "org.xmppft.Error.Exists");
  later.join();
  for (const auto& text : any_text::all(5000, true)) {
    border.job.on_call = [&](Reply<>& reply) { reply.fail({Errc::Exists, text}); };
    INFO(any_text::shown(text));
    REQUIRE(border.call("Cancel") == "org.xmppft.Error.Exists");
  }
}

TEST_CASE("border: what is thrown once the answer is to come later is the answer", "[bus]") {
  Border border;
  const auto thrown = [&](std::function<void()> what) {
    std::thread later;
    border.job.on_call = [&](Reply<>& reply) {
      Callback<void(Result<void>)> done =
          reply.then([what](Reply<>&, const Result<void>&) { what(); });
      later = std::thread([done = std::move(done)]() mutable { done({}); });
    };
    const auto name = border.call("Cancel");
    later.join();
    return name;
  };
  CHECK(thrown([] {
          throw to_bus_error({Errc::BadState, "late \xff"});
        }) == "org.xmppft.Error.BadState");
  CHECK(thrown([] { throw std::runtime_error("late \xff"); }) == "org.xmppft.Error.Internal");
  CHECK(thrown([] { throw 1; }) == "org.xmppft.Error.Internal");
  CHECK(thrown([] {}) == kNoReply);
}

TEST_CASE("border: every method, getter and setter knows who asks", "[bus]") {
  using Names = std::set<std::string>;
  Border border;
  const std::string us = border.connection->getUniqueName();
  auto& job = border.job;
  auto& asked_by = job.getters_asked_by;
  std::string seen;
  const auto note = [&] { seen = job.caller().name; };

  job.on_call = [&](Reply<>& reply) { note(), reply.give(); };
  CHECK(border.call("Cancel").empty());
  CHECK(std::exchange(seen, "") == us);

  SECTION("a getter, asked for one value, for all of an interface, for all objects") {
    border.properties("Get", std::string(kJobInterface), std::string("Peer"));
    CHECK(std::exchange(asked_by, {}) == Names{us});
    border.properties("GetAll", std::string(kJobInterface));
    CHECK(std::exchange(asked_by, {}) == Names{us});
    auto all =
        border.tree->createMethodCall("org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    border.tree->callMethod(all, 5000000);
    CHECK(asked_by == Names{us});
  }
  SECTION("a getter that is asked for a signal: everybody") {
    job.emitPropertiesChangedSignal(kJobInterface, {"Name"});
    CHECK(std::exchange(asked_by, {}) == Names{""});
    job.emitInterfacesAddedSignal({kJobInterface});
    CHECK(asked_by == Names{""});
  }
  SECTION("a method that tells of a change on its way, and goes on") {
    job.on_call = [&](Reply<>& reply) {
      job.emitPropertiesChangedSignal(kJobInterface, {"Name"});
      note();
      reply.give();
    };
    CHECK(border.call("Cancel").empty());
    CHECK(asked_by == Names{""});
    CHECK(seen == us);
  }
  SECTION("a setter, and one that tells of the change") {
    job.on_set = [&](const std::string&) {
      job.emitPropertiesChangedSignal(kOddInterface, {"Word"});
      note();
    };
    const auto set = [&] {
      border.properties("Set", std::string(kOddInterface), std::string("Word"),
                        sdbus::Variant(std::string("x")));
    };
    set();
    CHECK(asked_by == Names{""});
    CHECK(seen == us);
    job.on_set = [&](const std::string&) { throw std::runtime_error("not this one \xff"); };
    CHECK_THROWS_WITH(set(), Catch::Contains("Internal"));
  }
  SECTION("and nobody stays behind after one that threw") {
    job.on_call = [&](Reply<>&) { throw std::runtime_error("thrown"); };
    CHECK(border.call("Remove") == "org.xmppft.Error.Internal");
    CHECK(job.caller().is_everybody());
  }
}

TEST_CASE("border: properties and the signals about them, whatever the getters give or throw",
          "[bus]") {
  Border border;
  const auto get_all = [&] {
    VariantMap all;
    auto reply = border.properties("GetAll", std::string(kJobInterface));
    reply >> all;
    return all;
  };
  const auto tell = [&] {
    border.job.emitInterfacesAddedSignal({kJobInterface});
    border.job.emitPropertiesChangedSignal(kJobInterface, {"Name", "Error"});
    border.job.emitInterfacesRemovedSignal({kJobInterface});
  };
  for (const auto& text : any_text::all(5000, true)) {
    INFO(any_text::shown(text));
    border.job.on_get = [&] { return text; };
    REQUIRE(get_all().at("Peer").get<std::string>() == valid_text(text));
    REQUIRE_NOTHROW(tell());
  }
  border.job.on_get = []() -> std::string { throw std::runtime_error("no \xff value"); };
  CHECK_THROWS_AS(get_all(), sdbus::Error);
  CHECK_NOTHROW(tell());
  border.job.on_get = [] { return std::string("back"); };
  CHECK(get_all().at("Name").get<std::string>() == "back");
}

}  // namespace border_test
