// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <catch2/catch.hpp>

#include "support/any_text.h"

namespace text_test {

using namespace xmppftd;

TEST_CASE("valid_text: whatever the bytes, D-Bus can carry the text", "[text]") {
  for (const auto& bytes : any_text::all(65538, true)) {
    INFO(any_text::shown(bytes));
    const auto text = valid_text(bytes);
    REQUIRE(any_text::is_bus_text(text));
    if (any_text::is_bus_text(bytes)) REQUIRE(text == bytes);
    REQUIRE(valid_text(text) == text);
  }
}

TEST_CASE("size_text: three digits and a unit, never 1024 of one", "[text]") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(1023) == "1023 B");
  CHECK(size_text(1024) == "1.0 KiB");
  CHECK(size_text(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(size_text(524288000) == "500.0 MiB");
  CHECK(size_text(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("valid_text: U+FFFD stands for a bad byte or character, the rest stays", "[text]") {
  CHECK(valid_text("a\xff"
                   "b") ==
        "a\ufffd"
        "b");
  CHECK(valid_text(std::string_view("a\0b", 3)) ==
        "a\ufffd"
        "b");
  CHECK(valid_text("a\xef\xb7\x90"
                   "b") ==
        "a\ufffd"
        "b");                                         // U+FDD0
  CHECK(valid_text("\xf0\x9f\xbf\xbe") == "\ufffd");  // U+1FFFE
  CHECK(valid_text("\xed\xa0\x80") == "\ufffd\ufffd\ufffd");
  CHECK(valid_text("\xe2\x82") == "\ufffd\ufffd");
  CHECK(valid_text("\x1b\n") == "\x1b\n");
}

TEST_CASE("cut_text: at every length, whole characters and as many as fit", "[text]") {
  for (const auto& text : any_text::all(110)) {
    const bool whole_is_text = any_text::is_bus_text(text);
    for (std::size_t max = 0; max <= text.size() + 1; ++max) {
      const auto cut = cut_text(text, max);
      INFO(any_text::shown(text) << " at " << max);
      REQUIRE(cut == std::string_view(text).substr(0, cut.size()));
      REQUIRE(cut.size() <= max);
      REQUIRE(cut.size() + 3 >= std::min(max, text.size()));
      if (whole_is_text) REQUIRE(any_text::is_bus_text(cut));
    }
  }
  CHECK(cut_text("aя", 2) == "a");
  CHECK(cut_text("aя", 3) == "aя");
  CHECK(cut_text("\x80\x80\x80\x80\x80", 4).size() == 4);
}

TEST_CASE("printable and quoted: one line of text of a bounded length", "[text]") {
  for (const auto& bytes : any_text::all(5000, true)) {
    INFO(any_text::shown(bytes));
    for (const auto& text : {printable(bytes, 200), in_quotes(bytes)}) {
      REQUIRE(any_text::is_bus_text(text));
      REQUIRE(text.size() <= 200);
      for (std::size_t i = 0; i < text.size(); i += utf8_at(text, i).length)
        REQUIRE_FALSE(is_hidden(utf8_at(text, i).code));
    }
  }
  CHECK(in_quotes("a\nb") == "\"a?b\"");
  CHECK(in_quotes("яяя", 3) == "\"я...\"");
}

}  // namespace text_test
