// SPDX-License-Identifier: MIT
#include "config/account_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace account_store_test {

using namespace xmppftd;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/xmppft-accounts-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { REQUIRE(std::system(("rm -r " + path).c_str()) == 0); }
  unsigned mode(const std::string& name) const {
    struct stat info {};
    REQUIRE(stat((path + name).c_str(), &info) == 0);
    return info.st_mode & 0777;
  }
  std::string path;
};

}  // namespace

TEST_CASE("accounts: what was saved is loaded, private to us", "[config]") {
  Folder folder;
  AccountStore store(folder.path + "/xmppft");
  CHECK(store.load().value().empty());
  AccountSettings ann;
  ann.id = store.take_id().value();
  ann.jid = "ann@example.org";
  ann.host = "127.0.0.1";
  ann.port = 5223;
  ann.ip_policy = IpPolicy::ProxyOnly;
  REQUIRE(store.save(ann));
  const auto loaded = store.load();
  REQUIRE(loaded);
  REQUIRE(loaded->size() == 1);
  CHECK((*loaded)[0].jid == "ann@example.org");
  CHECK((*loaded)[0].port == 5223);
  CHECK((*loaded)[0].ip_policy == IpPolicy::ProxyOnly);
  CHECK(folder.mode("/xmppft/accounts.d") == 0700);
  CHECK(folder.mode("/xmppft/accounts.d/1.json") == 0600);
}

TEST_CASE("accounts: an id is never given twice, even after removal", "[config]") {
  Folder folder;
  AccountStore store(folder.path);
  const auto first = store.take_id().value();
  REQUIRE(store.remove(first));
  CHECK(store.take_id().value() == first + 1);
}

TEST_CASE("accounts: a password is 0600, and not used when others can read it", "[config]") {
  Folder folder;
  AccountStore store(folder.path);
  CHECK(store.load_password(1).error().code == Errc::NoPassword);
  REQUIRE(store.save_password(1, Secret("hunter2")));
  CHECK(folder.mode("/accounts.d/1.password") == 0600);
  CHECK(std::string(store.load_password(1).value().reveal()) == "hunter2");
  chmod((folder.path + "/accounts.d/1.password").c_str(), 0640);
  CHECK(store.load_password(1).error().code == Errc::SecretStore);
  REQUIRE(store.remove(1));
  CHECK(store.load_password(1).error().code == Errc::NoPassword);
}

TEST_CASE("accounts: a broken file is named with its place", "[config]") {
  Folder folder;
  AccountStore store(folder.path);
  REQUIRE(store.save_password(1, Secret("x")));  // makes the folder
  std::ofstream(folder.path + "/accounts.d/7.json") << "{\"jid\": \"ann@@x\"}";
  chmod((folder.path + "/accounts.d/7.json").c_str(), 0600);
  const auto loaded = store.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Errc::Config);
  CHECK_THAT(loaded.error().detail, Catch::Contains("7.json:1:2: error: jid: \"ann@@x\""));
}

TEST_CASE("accounts: folders that others can enter are made private again", "[config]") {
  Folder folder;
  AccountStore store(folder.path + "/xmppft");
  REQUIRE(store.save_password(1, Secret("x")));
  for (const unsigned mode : {0755u, 0750u, 0710u, 0701u, 0777u, 0770u}) {
    CAPTURE(mode);
    chmod((folder.path + "/xmppft").c_str(), mode);
    chmod((folder.path + "/xmppft/accounts.d").c_str(), mode);
    REQUIRE(store.load());
    CHECK(folder.mode("/xmppft") == 0700);
    CHECK(folder.mode("/xmppft/accounts.d") == 0700);
  }
  if (geteuid() != 0) return;  // only root can give a folder away
  REQUIRE(chown((folder.path + "/xmppft/accounts.d").c_str(), 12345, 12345) == 0);
  const auto loaded = store.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Errc::UnsafeFolder);
  CHECK_THAT(loaded.error().detail, Catch::Contains("accounts.d belongs to user 12345"));
}

}  // namespace account_store_test
