// SPDX-License-Identifier: MIT
#include "text.h"

#include <catch2/catch.hpp>
#include <clocale>

namespace text_test {

using namespace xmppftctl;

TEST_CASE("a peer's name cannot drive the terminal", "[text]") {
  CHECK(printable("a\033[31mred") == "a[31mred");
  CHECK(printable("a\r\nb\tc\x7f") == "abc");
  CHECK(printable("\xc2\x9b"
                  "31m") == "31m");  // C1: CSI in one character
  CHECK(printable("cod\xe2\x80\xae"
                  "fdp.exe") == "codfdp.exe");  // U+202E turns text around
  CHECK(printable("a\xe2\x81\xa6"
                  "b\xe2\x80\x8f"
                  "c\xe2\x80\xa8"
                  "d\xd8\x9c"
                  "e") == "abcde");
  CHECK(printable("Grüße 文件 🎉.txt") == "Grüße 文件 🎉.txt");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD, one each", "[text]") {
  CHECK(printable("a\xff"
                  "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(printable("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong slash
  CHECK(printable("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // surrogate
  CHECK(printable("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd");                  // cut short
  CHECK(printable(printable("x\xff\033")) == printable("x\xff\033"));
}

TEST_CASE("text is cut at columns, not bytes", "[text]") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  CHECK(display_width("文件") == 4);
  CHECK(cut("abcdef", 6) == "abcdef");
  CHECK(cut("abcdef", 5) == "abcd…");
  CHECK(cut("文件文件", 5) == "文件…");
  CHECK(cut("文件文件", 4) == "文…");
  CHECK(cut("abc", 0).empty());
}

TEST_CASE("sizes and rates read as people write them", "[text]") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1023) == "1023 B");
  CHECK(human_bytes(1024) == "1.0 KiB");
  CHECK(human_bytes(1024 * 1024 - 1) == "1.0 MiB");  // never 1024.0 KiB
  CHECK(human_bytes(88290099) == "84.2 MiB");
  CHECK(human_bytes(-1) == "?");
  CHECK(human_part(32505856, 52428800) == "31.0/50.0 MiB");
  CHECK(human_part(512, -1) == "512 B");
  CHECK(human_rate(0).empty());
  CHECK(human_rate(500000) == "488.3 KiB/s");
}

TEST_CASE("times read as people write them", "[text]") {
  CHECK(human_seconds(-1).empty());
  CHECK(human_seconds(5) == "5 s");
  CHECK(human_seconds(25 * 60) == "25 min");
  CHECK(human_seconds(6540) == "1h49");
  CHECK(human_seconds(2 * 86400 + 3 * 3600) == "2d03h");
  CHECK(rfc3339(0).empty());
  CHECK(rfc3339(1767607200'000'042) == "2026-01-05T10:00:00.000042Z");
}

TEST_CASE("ids are told in ranges", "[text]") {
  CHECK(id_ranges({12, 13, 14, 20}) == "12-14, 20");
  CHECK(id_ranges({7}) == "7");
  CHECK(id_ranges({}).empty());
}

TEST_CASE("a slip of the fingers finds the word that was meant", "[text]") {
  const std::vector<std::string_view> words = {"queue add", "queue list", "send", "status"};
  CHECK(nearest("queue ad", words) == "queue add");
  CHECK(nearest("sned", words) == "send");
  CHECK(nearest("stat", words) == "status");
  CHECK(nearest("frobnicate", words).empty());
}

}  // namespace text_test
