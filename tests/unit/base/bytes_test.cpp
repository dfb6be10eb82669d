// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <catch2/catch.hpp>

namespace bytes_test {

using namespace xmppftd;

static std::string decoded(std::string_view text) {
  const auto bytes = from_base64(text);
  return bytes ? std::string(bytes->begin(), bytes->end()) : "<refused>";
}

TEST_CASE("base64: the vectors of RFC 4648 section 10", "[bytes]") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    CHECK(to_base64(view_of(plain)) == coded);
    CHECK(decoded(coded) == plain);
  }
}

TEST_CASE("base64: XML white space is skipped, everything else refused (IB3)", "[bytes]") {
  CHECK(decoded(" Zm9v\r\n\tYmFy ") == "foobar");
  for (const auto* bad : {"Zm9vYg", "Zm9vYg=", "Zm9vYg===", "=", "====", "Zm=v",
                          "Zg==Zg==", "Zm9v-_", "Zm9v\x01", "Z", "Zh==", "Zm9="})
    CHECK(decoded(bad) == "<refused>");
}

TEST_CASE("hex: both ways, either case, nothing else", "[bytes]") {
  CHECK(to_hex(Bytes{0x00, 0xab, 0xff}) == "00abff");
  CHECK(from_hex("00ABff") == Bytes{0x00, 0xab, 0xff});
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0g"));
}

TEST_CASE("decimal: 1 to 19 digits up to 2^63-1 (SI2)", "[bytes]") {
  CHECK(parse_decimal("0") == 0u);
  CHECK(parse_decimal("007") == 7u);
  CHECK(parse_decimal("9223372036854775807") == 9223372036854775807u);
  for (const auto* bad :
       {"", "-1", "+1", " 5", "5 ", "0x10", "1e3", "9223372036854775808", "00000000000000000001"})
    CHECK_FALSE(parse_decimal(bad));
}

TEST_CASE("random_hex: two characters a byte, never the same twice", "[bytes]") {
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16) != random_hex(16));
}

}  // namespace bytes_test
