// SPDX-License-Identifier: MIT
#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "support/any_text.h"

namespace config_test {

using namespace xmppftd;

namespace {

/// A config folder of our own, removed at the end.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/xmppft-config-XXXXXX";
    path = mkdtemp(name);
    mkdir((path + "/config.d").c_str(), 0700);
    paths.folder = path;
    paths.files = {path + "/config.jsonc"};
    paths.drop_in_folder = path + "/config.d";
  }
  ~Folder() { REQUIRE(std::system(("rm -r " + path).c_str()) == 0); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
  }
  /// The errors with the folder's name cut, or "ok".
  std::string errors(const WordChecks& checks = {}) const {
    auto loaded = load_config(paths, checks);
    if (loaded) return "ok";
    std::string text = loaded.error().detail;
    for (auto at = text.find(path + "/"); at != std::string::npos; at = text.find(path + "/"))
      text.erase(at, path.size() + 1);
    return text;
  }
  std::string path;
  ConfigPaths paths;
};

}  // namespace

TEST_CASE("what a service refuses of a word is told in its place", "[config]") {
  const Folder folder;
  const WordChecks checks = {
      {"socks5.listen", [](const std::string& word) {
         return word == "foo" ? Result<void>(Error{Errc::BadArgument, "no foo"}) : Result<void>();
       }}};
  folder.write("config.jsonc",
               R"({"socks5": {"listen": ["0.0.0.0:1", "foo"], "advertise": "foo"}})");
  CHECK(folder.errors(checks).starts_with("config.jsonc:1:37: error: socks5.listen: no foo"));
  folder.write("config.jsonc", R"({"socks5": {"listen": "foo"}})");
  CHECK(folder.errors(checks).starts_with("config.jsonc:1:23: error: socks5.listen: no foo"));
  folder.write("config.jsonc", R"({"socks5": {"listen": 5}})");
  CHECK(folder.errors(checks).find("5 is not a list") != std::string::npos);
}

TEST_CASE("config: no file at all means the defaults", "[config]") {
  Folder folder;
  auto loaded = load_config(folder.paths);
  REQUIRE(loaded);
  CHECK(loaded->limits.max_active == 16);
  CHECK(loaded->disk.min_free == 500u << 20);
  CHECK(loaded->download_dir.front() == '/');
}

TEST_CASE("config: later layers win per key", "[config]") {
  Folder folder;
  folder.write("config.jsonc", R"({ "limits": { "max_active": 5, "max_active_per_peer": 2 } })");
  folder.write("config.d/20-b.jsonc", R"({ "limits": { "max_active": 7 } })");
  folder.write("config.d/10-a.jsonc", R"({ "limits": { "max_active": 6 } })");
  auto loaded = load_config(folder.paths);
  REQUIRE(loaded);
  CHECK(loaded->limits.max_active == 7);
  CHECK(loaded->limits.max_active_per_peer == 2);
}

TEST_CASE("config: all mistakes at once, with file, line, column and remedy", "[config]") {
  Folder folder;
  folder.write("config.jsonc",
               "{\n  \"limits\": { \"max_active\": \"many\" },\n  \"retry\": { \"atempts\": 5 },\n"
               "  \"methods\": [\"telnet\"]\n}");
  folder.write("config.d/20-work.jsonc", "{ \"on_exists\": \"resume\" }");
  CHECK(
      folder.errors() ==
      "config.jsonc:2:29: error: limits.max_active: \"many\" is not a whole number from 1 to 100\n"
      "config.jsonc:3:14: error: retry.atempts: unknown key; did you mean \"attempts\"?\n"
      "config.jsonc:4:14: error: methods: \"telnet\" is not a method; choose from si-socks5, "
      "si-socks5/direct, "
      "si-socks5/proxy, si-ibb\n"
      "config.d/20-work.jsonc:1:16: error: on_exists: \"resume\" is not one of rename, fail");
}

TEST_CASE("config: values of the wrong kind are refused by name", "[config]") {
  const std::pair<const char*, const char*> rows[] = {
      {R"({ "socks5": { "direct": 1 } })", "1:25: error: socks5.direct: 1 is not true or false"},
      {R"({ "socks5": [] })", "1:13: error: socks5: a list is not an object"},
      {R"([])", "1:1: error: a list is not an object"},
      {R"({ "ibb": { "block_size": 70000 } })",
       "1:26: error: ibb.block_size: 70000 is not an IBB block-size"},
      {R"({ "retry": { "first_delay": 5 } })",
       "1:29: error: retry.first_delay: 5 is not a time in quotes"},
      {R"({ "disk": { "min_free": "lots" } })",
       "1:25: error: disk.min_free: \"lots\" is not a size"},
      {R"({ "download_dir": "Downloads" })", "is not an absolute path"},
      {R"({ "socks5": { "proxies": ["a@@b"] } })", "is not a valid domain"},
      {R"({ "methods": [] })", "the list is empty"},
      {R"({ "auto_accept": [ { "from": "*", "directory": "/in" } ] })", "needs a max_size"},
      {R"({ "auto_accept": [ { "from": "ann@@x", "directory": "/in" } ] })", "neither a JID"},
      {R"({ "auto_accept": [ { "from": "ann@x", "directory": "/in", "on_exists": "overwrite" } ] })",
       "rename, fail"},
      {R"({ "auto_accept": [ { "from": "ann@x", "directory": "in" } ] })", "not an absolute path"},
      {"{", "error:"},
  };
  for (const auto& [text, part] : rows) {
    Folder folder;
    folder.write("config.jsonc", text);
    INFO(text);
    CHECK_THAT(folder.errors(), Catch::Contains(part));
  }
}

TEST_CASE("config: where a list is meant, one value is a list of one", "[config]") {
  Folder folder;
  folder.write("config.jsonc", R"({
    "methods": "si-ibb",
    "socks5": { "listen": "127.0.0.1:0", "advertise": "h.example", "proxies": "proxy.example" },
    "network": { "trusted": "127.0.0.0/8" },
    "auto_accept": { "from": "ann@example.org", "directory": "/in", "mime": "image/*" }
  })");
  INFO(folder.errors());
  const auto loaded = load_config(folder.paths);
  REQUIRE(loaded);
  REQUIRE(loaded->methods.size() == 1);
  CHECK(loaded->methods[0].id == "si-ibb");
  CHECK(loaded->socks5.listen == std::vector<std::string>{"127.0.0.1:0"});
  CHECK(loaded->socks5.advertise == std::vector<std::string>{"h.example"});
  CHECK(loaded->socks5.proxies == std::vector<std::string>{"proxy.example"});
  CHECK(loaded->network.trusted == std::vector<std::string>{"127.0.0.0/8"});
  REQUIRE(loaded->auto_accept.size() == 1);
  CHECK(loaded->auto_accept[0].mime == std::vector<std::string>{"image/*"});
}

TEST_CASE("config: a FIFO, a folder and a giant in the place of the file do not hang the start",
          "[config]") {
  Folder folder;
  mkfifo((folder.path + "/config.jsonc").c_str(), 0600);
  CHECK(folder.errors() == "config.jsonc:1:1: error: cannot be read: not a regular file");
  unlink((folder.path + "/config.jsonc").c_str());
  folder.write("config.jsonc", std::string((1 << 20) + 1, ' '));
  CHECK(folder.errors() == "config.jsonc:1:1: error: cannot be read: larger than 1048576 bytes");
}

TEST_CASE("config: a file named by --config must exist", "[config]") {
  Folder folder;
  folder.paths.last_is_required = true;
  CHECK(folder.errors() ==
        "config.jsonc:1:1: error: cannot be read: No such file or directory; check the name");
}

TEST_CASE("config: rules that xmppftctl wrote are read back and win", "[config]") {
  Folder folder;
  folder.write("config.jsonc",
               R"({ "auto_accept": [ { "from": "old@example.org", "directory": "/old" } ] })");
  const std::vector<AcceptRule> rules{{"ann@example.org", 0, {}, "/in/\"quoted\"", "fail"},
                                      {"roster", 100, {"image/*"}, "", "rename"},
                                      {"bob@example.org", 0, {}, "", ""}};
  REQUIRE(save_accept_rules(folder.paths, rules));
  REQUIRE(save_accept_rules(folder.paths, rules));
  auto loaded = load_config(folder.paths);
  REQUIRE(loaded);
  CHECK(loaded->auto_accept == rules);
  struct stat info {};
  REQUIRE(stat((folder.path + "/config.d/90-xmppftctl.jsonc").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("config: the example is valid and says the defaults", "[config]") {
  Folder folder;
  const auto defaults = load_config(folder.paths);
  folder.paths.files = {EXAMPLE_CONFIG};
  const auto example = load_config(folder.paths);
  INFO((example ? std::string() : example.error().detail));
  REQUIRE(example);
  REQUIRE(defaults);
  const Config &ours = *example, &theirs = *defaults;
  CHECK(ours.limits.max_active == theirs.limits.max_active);
  CHECK(ours.limits.max_active_per_peer == theirs.limits.max_active_per_peer);
  CHECK(ours.limits.progress_interval == theirs.limits.progress_interval);
  CHECK(ours.methods.size() == theirs.methods.size());
  CHECK(ours.socks5.listen == theirs.socks5.listen);
  CHECK(ours.ibb.block_size == theirs.ibb.block_size);
  CHECK(ours.ibb.block_size_xmppftd == theirs.ibb.block_size_xmppftd);
  CHECK(ours.retry.attempts == theirs.retry.attempts);
  CHECK(ours.retry.first_delay == theirs.retry.first_delay);
  CHECK(ours.retry.max_delay == theirs.retry.max_delay);
  CHECK(ours.queue.give_up_after == theirs.queue.give_up_after);
  CHECK(ours.offers.expire == theirs.offers.expire);
  CHECK(ours.offers.answer_within == theirs.offers.answer_within);
  CHECK(ours.offers.resume_within == theirs.offers.resume_within);
  CHECK(ours.offers.max_pending == theirs.offers.max_pending);
  CHECK(ours.offers.max_pending_per_peer == theirs.offers.max_pending_per_peer);
  CHECK(ours.disk.min_free == theirs.disk.min_free);
  CHECK(ours.hash.before_offer_max == theirs.hash.before_offer_max);
  CHECK(ours.history.keep == theirs.history.keep);
  CHECK(ours.history.max_jobs == theirs.history.max_jobs);
  CHECK(ours.secrets.store == theirs.secrets.store);
  CHECK(ours.auto_accept.size() == 2);
}

TEST_CASE("config: any text in any place is a value or a mistake told in lines of text",
          "[config][text]") {
  Folder folder;
  const auto texts = any_text::all(300, true);
  for (std::size_t i = 0; i < texts.size(); i += 3) {
    const auto& text = texts[i];
    INFO(any_text::shown(text));
    const auto value = "\"" + text + "\"";
    for (const auto& json :
         {text, "{ " + value + ": 1 }", "{ \"log\": { \"level\": " + value + " } }",
          "{ \"download_dir\": " + value + " }",
          "{ \"limits\": { \"max_active\": " + value + " } }",
          "{ \"auto_accept\": [{ \"from\": " + value + ", \"directory\": " + value + " }] }",
          "{ \"network\": { \"trusted\": [" + value + "] } }"}) {
      folder.write("config.jsonc", json);
      REQUIRE(any_text::is_bus_text(folder.errors()));
    }
  }
}

TEST_CASE("config: rules come back as they were saved, whatever text is in them",
          "[config][text]") {
  Folder folder;
  const auto texts = any_text::all(300);
  std::vector<AcceptRule> rules;
  for (std::size_t i = 0; i < texts.size(); i += 7) {
    const auto& text = texts[i];
    if (!any_text::is_bus_text(text) || text.ends_with('/')) continue;  // what comes over the bus
    AcceptRule rule;
    rule.from = "ann@example.org";
    rule.folder = "/tmp/a" + text;
    rules.push_back(rule);
  }
  REQUIRE(save_accept_rules(folder.paths, rules));
  const auto loaded = load_config(folder.paths);
  if (!loaded) FAIL(loaded.error().detail);
  REQUIRE(loaded->auto_accept.size() == rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    INFO(any_text::shown(rules[i].folder));
    REQUIRE(loaded->auto_accept[i].folder == rules[i].folder);
  }
}

}  // namespace config_test
