// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "support/any_text.h"
#include "unit/bus/stage.h"

namespace account_object_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

using Strings = std::vector<std::string>;

/// A pipe that yields `text` and ends.
sdbus::UnixFd pipe_of(const std::string& text) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return {ends[0], sdbus::adopt_fd};
}

}  // namespace

TEST_CASE("account object: each method asks the account, and answers as it does", "[bus]") {
  Stage stage;
  auto& account = stage.accounts.at(1);
  struct Order {
    std::string method;
    std::function<void(sdbus::MethodCall&)> fill;
    std::string asked;
  };
  const auto none = [](sdbus::MethodCall&) {};
  const auto jid = [](sdbus::MethodCall& call) { call << std::string("Bob@Example.net"); };
  const std::vector<Order> orders{
      {"Connect", none, "connect"},
      {"Disconnect", none, "disconnect"},
      {"ForgetPassword", none, "forget_password"},
      {"Update",
       [](auto& call) {
         call << VariantMap{{"resource", text("desk")}};
       },
       "update"},
      {"SetPassword", [](auto& call) { call << pipe_of("secret") << VariantMap{}; },
       "set_password secret auto"},
      {"AddContact",
       [](auto& call) {
         call << std::string("Bob@Example.net") << VariantMap{{"name", text("B\xe2\x80\xae")}};
       },
       "add_contact bob@example.net B"},
      {"RemoveContact", jid, "remove_contact bob@example.net"},
      {"ApproveContact", jid, "approve bob@example.net"},
      {"DenyContact", jid, "deny bob@example.net"},
  };
  for (const auto& order : orders) {
    INFO(order.method);
    const auto ask = [&] {
      account.asked.clear();
      const auto reaction = stage.wait(
          stage.ann->send_filled(kAccount1, kAccountInterface, order.method, order.fill));
      CHECK(account.asked == Strings{order.asked});
      return reaction.error;
    };
    account.fails.reset();
    CHECK(ask() == "");
    for (const auto code : {Errc::NotOnline, Errc::AuthFailed, Errc::SecretStore, Errc::BadState}) {
      account.fails = Error{code, "the test says no\xff"};
      CHECK(ask() == bus_error_name(code));
    }
  }
  CHECK(account.settings().resource == "desk");
  CHECK(stage.strays == 0);
}

TEST_CASE("account object: bad addresses, passwords and settings do not reach the account",
          "[bus]") {
  Stage stage;
  auto& account = stage.accounts.at(1);
  const auto contact = [&](const std::string& jid) {
    return stage.call(kAccount1, "Account1.AddContact", jid, VariantMap{}).error;
  };
  CHECK(contact("a@b@c") == kError + "BadJid");
  CHECK(contact("bob@example.net/phone") == kError + "BadJid");
  CHECK(contact(std::string(4097, 'a')) == kInvalidArgs);
  const auto password = [&](sdbus::UnixFd fd, const VariantMap& options = {}) {
    return stage.call(kAccount1, "Account1.SetPassword", fd, options).error;
  };
  CHECK(password(pipe_of("")) == kInvalidArgs);
  CHECK(password(pipe_of(std::string(1024, 'x'))) == kInvalidArgs);
  CHECK(password(pipe_of("x"), {{"store", text("wallet")}}) == kInvalidArgs);
  CHECK(password({::open("/", O_RDONLY | O_CLOEXEC), sdbus::adopt_fd}) == kError + "BadFd");
  CHECK(stage.call(kAccount1, "Account1.Update", VariantMap{{"pin", text("ab")}}).error ==
        kInvalidArgs);
  CHECK(account.asked.empty());
}

TEST_CASE("account object: it goes while a caller waits for its answer", "[bus]") {
  Stage stage;
  stage.accounts.at(1).silent = true;
  const auto pending = stage.ann->send(kAccount1, "Account1.Connect");
  for (int i = 0; i < 5; ++i) stage.turn(2);
  CHECK_FALSE(pending->is_there());
  CHECK(stage.call(kRootPath, "Manager1.RemoveAccount", sdbus::ObjectPath(kAccount1), VariantMap{})
            .error == "");
  CHECK(stage.wait(pending).error == kNoReply);
  CHECK(stage.until([&] { return stage.ann->has_heard("removed /accounts/1"); }));
  CHECK(stage.call(kAccount1, "Account1.Connect").error ==
        "org.freedesktop.DBus.Error.UnknownObject");
}

TEST_CASE("account object: what changes is told, and what is listed is asked for", "[bus]") {
  Stage stage;
  auto& account = stage.accounts.at(1);
  account.its_status.state = AccountState::Online;
  account.its_status.bound_jid = "me@example.org/desk";
  account.its_pending = {"eve@example.net"};
  stage.accounts.tell_changed(1);
  CHECK(stage.until([&] { return stage.ann->has_heard("invalidated /accounts/1 LoginSteps"); }));
  const auto& told = stage.ann->values["/accounts/1"];
  CHECK(told.at("State").get<std::string>() == "online");
  CHECK(told.at("BoundJid").get<std::string>() == "me@example.org/desk");
  CHECK(told.at("PendingContacts").get<Strings>() == Strings{"eve@example.net"});

  account.its_contacts = {{"bob@example.net", "Bob", "both", false, true, {}, {"si-ibb"}},
                          {"eve@example.net", "Eve", "none", false, false, {}, {}}};
  const auto listed = [&](const VariantMap& filter) {
    auto rows = stage.call(kAccount1, "Account1.ListContacts", filter);
    Strings jids;
    for (const auto& row : rows.get<std::vector<VariantMap>>())
      jids.push_back(row.at("jid").get<std::string>());
    return jids;
  };
  CHECK(listed({}) == Strings{"bob@example.net", "eve@example.net"});
  CHECK(listed({{"online", sdbus::Variant(true)}}) == Strings{"bob@example.net"});
  CHECK(listed({{"text", text("EVE")}}) == Strings{"eve@example.net"});
  CHECK(stage.call(kAccount1, "Account1.ListContacts", VariantMap{{"txt", text("x")}}).error ==
        kInvalidArgs);
}

TEST_CASE("account object: any text that a server or a file brought leaves as D-Bus text",
          "[bus][text]") {
  Stage stage;
  auto& account = stage.accounts.at(1);
  const std::string odd = "a\xff\ufdd0";
  account.its_settings.resource = account.its_settings.ca_file = account.its_settings.host = odd;
  auto& status = account.its_status;
  status.bound_jid = status.warning = status.certificate = status.password_store = odd;
  status.error = Error{Errc::Tls, odd};
  status.proxies = status.steps = account.its_pending = {odd};
  account.its_contacts = {{odd, odd, odd, false, true, {odd}, {odd}}};
  auto all = stage.wait(
      stage.ann->send_filled(kAccount1, "org.freedesktop.DBus.Properties", "GetAll",
                             [](auto& call) { call << std::string(kAccountInterface); }));
  const auto values = all.get<VariantMap>();
  for (const auto* name : {"BoundJid", "Warning", "PasswordStore"}) {
    INFO(name);
    CHECK(values.at(name).get<std::string>() == valid_text(odd));
  }
  CHECK(values.at("PendingContacts").get<Strings>() == Strings{valid_text(odd)});
  CHECK(values.at("Settings").get<VariantMap>().at("resource").get<std::string>() ==
        valid_text(odd));
  stage.accounts.tell_changed(1);
  CHECK(stage.until([&] { return stage.ann->has_heard("changed /accounts/1 Warning"); }));
  const auto rows =
      stage.call(kAccount1, "Account1.ListContacts", VariantMap{}).get<std::vector<VariantMap>>();
  CHECK(rows.at(0).at("resources").get<Strings>() == Strings{valid_text(odd)});
}

}  // namespace account_object_test
