// SPDX-License-Identifier: MIT
#include "output.h"

#include <catch2/catch.hpp>

#include "errors.h"

namespace output_test {

using namespace xmppftctl;

TEST_CASE("error names have their exit codes", "[output]") {
  const auto [name, exit] = GENERATE(table<const char*, int>({
      {"org.xmppft.Error.NoSuchJob", 3},
      {"org.xmppft.Error.NoSuchAccount", 3},
      {"org.xmppft.Error.BadJid", 2},
      {"org.xmppft.Error.BadUri", 2},
      {"org.xmppft.Error.BadFd", 2},
      {"org.xmppft.Error.Config", 2},
      {"org.freedesktop.DBus.Error.InvalidArgs", 2},
      {"org.xmppft.Error.BadState", 1},
      {"org.xmppft.Error.Exists", 1},
      {"org.xmppft.Error.TooMany", 1},
      {"org.xmppft.Error.DiskFull", 1},
      {"org.xmppft.Error.Unreadable", 7},
      {"org.xmppft.Error.NotRegularFile", 7},
      {"org.xmppft.Error.Sandboxed", 7},
      {"org.freedesktop.DBus.Error.AccessDenied", 7},
      {"org.xmppft.Error.NotOnline", 6},
      {"org.xmppft.Error.NoPassword", 6},
      {"org.xmppft.Error.AuthFailed", 6},
      {"org.xmppft.Error.SecretStore", 6},
      {"org.xmppft.Error.Job.Declined", 4},
      {"org.xmppft.Error.Job.SomethingNew", 4},
      {"org.freedesktop.DBus.Error.ServiceUnknown", 5},
      {"org.freedesktop.DBus.Error.Spawn.ChildExited", 5},
      {"org.freedesktop.DBus.Error.NoReply", 5},
      {"org.freedesktop.DBus.Error.Timeout", 124},
      {"org.freedesktop.DBus.Error.UnknownMethod", 1},
      {"", 1},
  }));
  CAPTURE(name);
  CHECK(exit_code(name) == exit);
}

TEST_CASE("an awaited job that ended badly is exit 4", "[output]") {
  CHECK(exit_code_of_state("done") == 0);
  CHECK(exit_code_of_state("failed") == 4);
  CHECK(exit_code_of_state("cancelled") == 4);
  CHECK(exit_code_of_state("queued") == 0);
}

TEST_CASE("a failure for people: error line, then hint", "[output]") {
  CHECK(failure_text({"org.xmppft.Error.NoSuchJob", "no job 99 (newest is 25)", ""}, false) ==
        "xmppftctl: error: no job 99 (newest is 25)\nhint: xmppftctl queue list\n");
  CHECK(failure_text({"org.xmppft.Error.BadState", "job 25 is done", "own hint"}, true) ==
        "xmppftctl: error: job 25 is done [org.xmppft.Error.BadState]\nhint: own hint\n");
  CHECK(failure_text({"org.xmppft.Error.Exists", "one\n  two\033[2J", ""}, false) ==
        "xmppftctl: error: one\n  two[2J\n");
}

TEST_CASE("a failure as a document", "[output]") {
  CHECK(
      to_line(failure_json({"org.xmppft.Error.NoSuchJob", "no job 99", "h"})) ==
      R"({"schema":"xmppftctl/1","error":{"name":"org.xmppft.Error.NoSuchJob","message":"no job 99","exit":3,"hint":"h"}})");
}

TEST_CASE("JSON keeps control characters escaped and replaces invalid UTF-8", "[output]") {
  CHECK(to_line({{"name", "a\033\xff"}}) ==
        "{\"schema\":\"xmppftctl/1\",\"name\":\"a\\u001b\xef\xbf\xbd\"}");
}

}  // namespace output_test
