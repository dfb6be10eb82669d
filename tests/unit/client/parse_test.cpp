// SPDX-License-Identifier: MIT
#include "parse.h"

#include <catch2/catch.hpp>

#include "failure.h"

namespace parse_test {

using namespace xmppftctl;
using namespace std::chrono_literals;

namespace {

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Failure& failure) {
    CHECK(failure.name == error::kUsage);
    return failure.message;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("durations", "[parse]") {
  CHECK(parse_duration("--timeout", "500ms") == 500ms);
  CHECK(parse_duration("--timeout", "30s") == 30s);
  CHECK(parse_duration("--timeout", "1.5m") == 90s);
  CHECK(parse_duration("--timeout", "2h") == 2h);
  CHECK(parse_duration("--timeout", "1d") == 24h);
  for (const char* bad : {"", "soon", "0", "30", "-5s", "5x", "5 s s", "1e3s", "20000d", "m"}) {
    CHECK(refusal([&] { parse_duration("--timeout", bad); }) ==
          "--timeout '" + std::string(bad) + "': want a time such as 30s, 10m, 2h or 1d");
  }
}

TEST_CASE("sizes: k is 1000, Ki is 1024", "[parse]") {
  CHECK(parse_size("--max-size", "0") == 0);
  CHECK(parse_size("--max-size", "500k") == 500000);
  CHECK(parse_size("--max-size", "500K") == 500000);
  CHECK(parse_size("--max-size", "100Mi") == 104857600);
  CHECK(parse_size("--max-size", "100MiB") == 104857600);
  CHECK(parse_size("--max-size", "1.5G") == 1500000000);
  CHECK(parse_size("--max-size", "10 MB") == 10000000);
  for (const char* bad :
       {"", "big", "-1", "5Q", "5ki5", "5Mib", "9223372036854775808", "9999999T"}) {
    CHECK(refusal([&] { parse_size("--max-size", bad); }) ==
          "--max-size '" + std::string(bad) +
              "': want a size in bytes such as 500000, 500k or 100Mi");
  }
}

TEST_CASE("numbers say their range", "[parse]") {
  CHECK(parse_number("--priority", "-100", -100, 100) == -100);
  CHECK(refusal([] { parse_number("--priority", "900", -100, 100); }) ==
        "--priority '900': want a whole number from -100 to 100");
  CHECK(refusal([] { parse_number("--priority", "5x", -100, 100); }) != "accepted");
}

TEST_CASE("words say which there are and which was meant", "[parse]") {
  CHECK(parse_word("--on-exists", "fail", {"rename", "fail"}) == "fail");
  CHECK(refusal([] {
          parse_word("--on-exists", "renam", {"rename", "fail"});
        }) == "--on-exists 'renam': want one of rename fail; did you mean 'rename'?");
}

TEST_CASE("lists", "[parse]") {
  CHECK(parse_list("--columns", "id, state,name") ==
        std::vector<std::string>{"id", "state", "name"});
  for (const char* bad : {"", ",", "id,,name", "id,"}) {
    CHECK(refusal([&] { parse_list("--columns", bad); }) ==
          "--columns '" + std::string(bad) +
              "': want words with a comma between them; one is empty");
  }
}

TEST_CASE("a JID, or the one in an xmpp: URI (RFC 5122)", "[parse]") {
  const auto [text, jid] = GENERATE(table<const char*, const char*>({
      {"bob@example.net", "bob@example.net"},
      {"bob@example.net/a?b#c%20d", "bob@example.net/a?b#c%20d"},  // no URI: nothing is decoded
      {"", ""},
      {"*@example.org", "*@example.org"},
      {"xmpp:bob@example.net", "bob@example.net"},
      {"XMPP:bob@example.net", "bob@example.net"},
      {"xmpp:example.net", "example.net"},
      {"xmpp:bob@example.net/phone", "bob@example.net/phone"},
      {"xmpp:bob@example.net/My%20phone%2f1", "bob@example.net/My phone/1"},
      {"xmpp:nasty!%23$%25()*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com",
       "nasty!#$%()*+,-.;=?[\\]^_`{|}~node@example.com"},
      {"xmpp:node@example.com/"
       "repulsive%20!%23%22$%25&'()*+,-.%2F:;%3C=%3E%3F%40%5B%5C%5D%5E_%60%7B%7C%7D~resource",
       "node@example.com/repulsive !#\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~resource"},
      {"xmpp:ji%C5%99i@%C4%8Dechy.example/v%20Praze", "ji\u0159i@\u010Dechy.example/v Praze"},
      {"xmpp:ji\u0159i@\u010Dechy.example", "ji\u0159i@\u010Dechy.example"},
      {"xmpp:bob@example.net?message;subject=Test;body=x", "bob@example.net"},
      {"xmpp:bob@example.net?roster#f", "bob@example.net"},
      {"xmpp:bob@example.net#f?g", "bob@example.net"},
      {"xmpp://ann@example.org/bob@example.net", "bob@example.net"},
      {"xmpp://ann@example.org/bob@example.net/phone?message", "bob@example.net/phone"},
      {"xmpp://bob@example.net", "bob@example.net"},
      {"xmpp://bob@example.net/", "bob@example.net"},
      {"xmpp:bob@[::1]", "bob@[::1]"},
  }));
  CAPTURE(text);
  CHECK(parse_jid("--to", text) == jid);
  for (const char* bad :
       {"xmpp:", "xmpp:?message", "xmpp:#", "xmpp://", "xmpp:///", "xmpp:bob%", "xmpp:bob%4",
        "xmpp:bob%zz", "xmpp:bob%+1", "xmpp:bob%00@x", "xmpp:%ff@x", "xmpp:a%EF%B7%90@x"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_jid("--to", bad), Failure);
  }
}

}  // namespace parse_test
