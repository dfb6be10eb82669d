// SPDX-License-Identifier: MIT
#include "model/file_info.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "support/any_text.h"

namespace file_info_test {

using namespace xmppftd;

TEST_CASE("safe_file_name: whatever a peer says becomes one harmless name (FN1)", "[files]") {
  const std::pair<std::string, std::string> rows[] = {
      {"notes.txt", "notes.txt"},
      {"../../x", "x"},
      {"..\\..\\x.exe", "x.exe"},
      {"/etc/passwd", "passwd"},
      {"a/", "file"},
      {"..", "file"},
      {"", "file"},
      {".bashrc", "_bashrc"},
      {"-rf", "_rf"},
      {"~root", "_root"},
      {" x", "_x"},
      {"x. . ", "x"},
      {"%2e%2e%2fx", "%2e%2e%2fx"},
      {"a\nb\x7f", "a_b_"},
      {"\xff\xfe"
       "a",
       "__a"},
      {"gpj\xe2\x80\xae"
       "exe",
       "gpj_exe"},
      {"\xc0\xaf"
       "x",
       "__x"},
      {"Bl\xc3\xbcte.jpg", "Bl\xc3\xbcte.jpg"},
  };
  for (const auto& [from_peer, safe] : rows) {
    INFO(from_peer);
    CHECK(safe_file_name(from_peer) == safe);
    CHECK(safe_file_name(safe_file_name(from_peer)) == safe_file_name(from_peer));
  }
}

TEST_CASE("safe_file_name: long names keep their extension and whole characters", "[files]") {
  const auto name = safe_file_name(std::string(300, 'a') + ".tar");
  CHECK(name.size() == 255);
  CHECK(name.substr(251) == ".tar");
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xbc";
  const auto cut = safe_file_name(umlauts);
  CHECK(cut.size() == 254);
  CHECK(safe_file_name(cut) == cut);
  CHECK(numbered_file_name(name, 9999).size() <= 255);
}

TEST_CASE("numbered_file_name: the number stands before the extension", "[files]") {
  CHECK(numbered_file_name("notes.txt", 2) == "notes (2).txt");
  CHECK(numbered_file_name("README", 3) == "README (3)");
}

TEST_CASE("safe_text: no controls, no bidi, whole characters only", "[files]") {
  CHECK(safe_text("a\x1b"
                  "b\xe2\x80\xae"
                  "c",
                  100) == "abc");
  CHECK(safe_text("\xc3\xbc\xc3\xbc", 3) == "\xc3\xbc");
}

TEST_CASE("safe_file_name: any bytes become a name that a file system and D-Bus can bear",
          "[files]") {
  for (const auto& bytes : any_text::all(65538, true)) {
    INFO(any_text::shown(bytes));
    const auto name = safe_file_name(bytes);
    REQUIRE(any_text::is_bus_text(name));
    REQUIRE(!name.empty());
    REQUIRE(name.size() <= 255);
    REQUIRE(name.find('/') == std::string::npos);
    REQUIRE(name != "..");
    REQUIRE(printable(name, 255) == name);
    REQUIRE(safe_file_name(name) == name);
    REQUIRE(any_text::is_bus_text(numbered_file_name(name, 9999)));
    REQUIRE(numbered_file_name(name, 9999).size() <= 255);
  }
}

TEST_CASE("safe_text: any bytes become text of a bounded length", "[files]") {
  for (const auto& bytes : any_text::all(65538, true)) {
    INFO(any_text::shown(bytes));
    const auto text = safe_text(bytes, 1024);
    REQUIRE(any_text::is_bus_text(text));
    REQUIRE(text.size() <= 1024);
    REQUIRE(printable(text, 1024) == text);
  }
}

}  // namespace file_info_test
