// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_daemon.h"
#include "program.h"

namespace account_bus_test {

namespace {

const std::string kPrint(64, 'a');

}  // namespace

TEST_CASE("account add gives settings and password, and connects before it returns", "[bus]") {
  FakeDaemon daemon;
  const auto ran = run({"account", "add", "ann@example.org", "--server", "h:5222", "--resource",
                        "r", "--pin", std::string(kPrint).insert(2, ":"), "--password-stdin"},
                       "secret\n");
  CHECK(ran.err.empty());
  CHECK(ran.exit == 0);
  CHECK(ran.out == "account 1: online as ann@example.org/x1; password in a 0600 file\n");
  CHECK(daemon.log ==
        std::vector<std::string>{"add ann@example.org pin=" + kPrint + " resource=r server=h:5222",
                                 "password secret auto", "connect"});
}

TEST_CASE("only one trailing newline is dropped from a password", "[bus]") {
  FakeDaemon daemon;
  run({"account", "passwd", "1", "--password-stdin", "--store", "session"}, "two\n\n");
  CHECK(daemon.log.at(0) == "password two\n session");
}

TEST_CASE("a password never stands on the command line", "[bus]") {
  FakeDaemon daemon;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"account", "add", "eve@example.org", "--password", "hunter2"},
           {"account", "add", "eve@example.org", "--password=hunter2"},
           {"account", "passwd", "1", "--password", "hunter2"}}) {
    const auto ran = run(arguments);
    CHECK(ran.exit == 2);
    CHECK(ran.err ==
          "xmppftctl: error: --password is not an option: other users can read command lines\n"
          "hint: leave it out to be asked, or use --password-stdin, --password-fd N\n");
  }
  CHECK(daemon.log.empty());
}

TEST_CASE("passwords that cannot be are refused before the daemon hears of them", "[bus]") {
  FakeDaemon daemon;
  CHECK(run({"account", "add", "a@b", "--password-stdin"}, "").exit == 2);
  CHECK(run({"account", "add", "a@b", "--password-stdin"}, "\n").exit == 2);
  CHECK(run({"account", "add", "a@b", "--password-stdin"}, std::string(1024, 'x')).exit == 2);
  CHECK(daemon.log.empty());
  CHECK(run({"account", "add", "a@b", "--password-stdin"}, std::string(1023, 'x') + "\n").exit ==
        0);
}

TEST_CASE("a wrong password: account kept, and what to do", "[bus]") {
  FakeDaemon daemon;
  daemon.connect_error = "org.xmppft.Error.AuthFailed";
  daemon.connect_message = "server said not-authorized";
  daemon.state_reason = "auth";
  const auto ran = run({"account", "add", "ann@example.org", "--password-stdin"}, "x");
  CHECK(ran.exit == 6);
  CHECK(ran.err ==
        "xmppftctl: error: server said not-authorized; account kept, disabled\n"
        "hint: run 'xmppftctl account passwd 1'\n");
}

TEST_CASE("an untrusted certificate: the fingerprint is ready to paste", "[bus]") {
  FakeDaemon daemon;
  daemon.connect_error = "org.xmppft.Error.NotOnline";
  daemon.connect_message = "certificate is not trusted";
  daemon.state_reason = GENERATE("tls", "pin");
  daemon.certificate = kPrint;
  const auto ran = run({"account", "connect", "ann@example.org"});
  CHECK(ran.exit == 6);
  CHECK(ran.err.find("xmppftctl account set 1 --pin " + kPrint) != std::string::npos);
}

TEST_CASE("each reason not to be online has a remedy of its own, and exit code 6", "[bus]") {
  FakeDaemon daemon;
  daemon.connect_error = "org.xmppft.Error.NotOnline";
  daemon.connect_message = "no";
  const auto [reason, words] = GENERATE(table<std::string, std::string>({
      {"no-dns", "/etc/resolv.conf"},
      {"dns", "spelling"},
      {"no-service", "--server HOST"},
      {"no-network", "online?"},
      {"unreachable", "--server HOST"},
      {"not-xmpp", "something else listens there"},
      {"backoff", "account connect 1"},
      {"host-unknown", "behind the @"},
      {"redirected", "--server HOST"},
      {"server", "goes on trying"},
      {"protocol", "operator"},
      {"no-tls", "--server HOST:5223"},
      {"tls-handshake", "operator"},
      {"tls", "account set 1 --pin FINGERPRINT"},
      {"pin", "account set 1 --pin FINGERPRINT"},
      {"clock", "timedatectl"},
      {"wrong-domain", "account add"},
      {"no-password", "account passwd 1"},
      {"auth", "account passwd 1"},
      {"auth-plain", "account set 1 --allow-plain"},
      {"expired", "account passwd 1"},
      {"disabled", "account connect 1"},
      {"plain", "account set 1 --allow-plain"},
      {"ca-file", "account set 1 --ca FILE"},
      {"no-mechanism", "operator"},
      {"auth-trouble", "account connect 1"},
      {"bind-refused", "log out elsewhere"},
      {"conflict", "account set 1 --resource NAME"},
  }));
  daemon.state_reason = reason;
  const auto ran = run({"account", "connect", "ann@example.org"});
  CHECK(ran.exit == 6);
  INFO(ran.err);
  CHECK(ran.err.find("hint: ") != std::string::npos);
  CHECK(ran.err.find(words) != std::string::npos);
}

TEST_CASE("account options are checked here", "[bus]") {
  FakeDaemon daemon;
  CHECK(run({"account", "add", "a@b", "--pin", "abc", "--password-stdin"}, "x").exit == 2);
  CHECK(run({"account", "add", "a@b", "--ca", "/nowhere.pem", "--password-stdin"}, "x").exit == 7);
  CHECK(run({"account", "add", "a@b", "--store", "cloud", "--password-stdin"}, "x").exit == 2);
  CHECK(run({"account", "set", "1"}).exit == 2);
  CHECK(run({"account", "add", "foo"}).err.find("'foo': an account's JID is user@domain") !=
        std::string::npos);
  CHECK(run({"account", "add", "twice@example.org", "--password-stdin"}, "x").exit == 1);
  CHECK(run({"account", "show", "7"}).err ==
        "xmppftctl: error: no account '7'\nhint: the accounts are 1 (ann@example.org)\n");
}

TEST_CASE("contacts: those known and those who ask", "[bus]") {
  FakeDaemon daemon;
  daemon.contacts = {{{"jid", std::string("bob@example.net")},
                      {"online", true},
                      {"subscription", std::string("both")},
                      {"methods", std::vector<std::string>{"si-socks5", "si-ibb"}}}};
  daemon.pending = {"cy@example.com"};
  const auto json = run({"--json", "contacts"}).json();
  CHECK(json["contacts"][0]["jid"] == "bob@example.net");
  CHECK(json["contacts"][0]["methods"] == nlohmann::json{"si-socks5", "si-ibb"});
  CHECK(json["pending"][0]["jid"] == "cy@example.com");
  CHECK(run({"contacts", "approve", "cy@example.com"}).out == "approved cy@example.com\n");
  CHECK(run({"contacts", "deny", "cy@example.com"}).exit == 0);
  CHECK(daemon.log ==
        std::vector<std::string>{"ApproveContact cy@example.com", "DenyContact cy@example.com"});
}

TEST_CASE("status at a glance", "[bus]") {
  FakeDaemon daemon;
  const auto ran = run({"status"});
  CHECK(ran.out.find("xmppftd 9.8.7, up ") == 0);
  CHECK(ran.out.find("account 1: online as ann@example.org/x1\njobs: 1 active, 2 done\n") !=
        std::string::npos);
  CHECK(run({"--json", "status"}).json()["daemon"]["version"] == "9.8.7");
}

}  // namespace account_bus_test
