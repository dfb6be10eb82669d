// SPDX-License-Identifier: MIT
#include "bus/file_uri.h"

#include <catch2/catch.hpp>

namespace file_uri_test {

using namespace xmppftd;

TEST_CASE("file uri: every byte of a path survives the way there and back (RFC 8089)", "[bus]") {
  for (const std::string path :
       {"/tmp/a b", "/tmp/100%.txt", "/tmp/Bl\xc3\xbcte", "/tmp/\xff\n?#", "/"}) {
    INFO(path);
    CHECK(uri_to_path(path_to_uri(path)).value() == path);
  }
  CHECK(path_to_uri("/tmp/a b") == "file:///tmp/a%20b");
}

TEST_CASE("file uri: short and local forms are understood", "[bus]") {
  CHECK(uri_to_path("file:/tmp/x").value() == "/tmp/x");
  CHECK(uri_to_path("file://localhost/tmp/x").value() == "/tmp/x");
}

TEST_CASE("file uri: anything that names no local path is refused", "[bus]") {
  for (const auto* bad :
       {"", "/tmp/x", "http://example.org/x", "file:x", "file://example.org/x", "file:///x%00",
        "file:///x%2", "file:///x%zz", "file:///x?y", "file:///x#y", "file://"}) {
    INFO(bad);
    const auto path = uri_to_path(bad);
    REQUIRE_FALSE(path);
    CHECK(path.error().code == Errc::BadUri);
  }
}

}  // namespace file_uri_test
