// SPDX-License-Identifier: MIT
#include "xep/confirm.h"

#include <catch2/catch.hpp>

#include "support/xml.h"
#include "xep/parse.h"
#include "xep/xep0300_hashes.h"

namespace confirm_test {

using namespace xmppftd;
using test::parse_xml;

TEST_CASE("confirm: <done/> carries sid and hash", "[confirm]") {
  const auto hash = Digest::of(HashAlgo::Sha256, view_of("Hello World!"));
  const ConfirmDone done{"s1", hash};
  CHECK(
      done.build().to_xml() ==
      "<done xmlns='urn:xmppft:confirm:0' sid='s1'><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>"
      "f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk=</hash></done>");
  const auto read = ConfirmDone::parse(parse_xml(done.build().to_xml()));
  REQUIRE(read);
  CHECK(read->sid == "s1");
  CHECK(read->hash == hash);
}

TEST_CASE("confirm: without hash, with an unknown one, with bad ones", "[confirm]") {
  const auto [hash, ok] = GENERATE(table<std::string, bool>({
      {"", true},
      {"<hash xmlns='urn:xmpp:hashes:2' algo='sha3-256'>AAAA</hash>", true},
      {"<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>AAAA</hash>", false},
      {"<hash xmlns='urn:xmpp:hashes:2' algo='md5'>!</hash>", false},
      {"<hash xmlns='urn:xmpp:hashes:2' algo='sha-1'/>", false},
  }));
  const auto read = ConfirmDone::parse(
      parse_xml("<done xmlns='urn:xmppft:confirm:0' sid='s'>" + hash + "</done>"));
  REQUIRE(read.ok() == ok);
  if (ok) CHECK_FALSE(read->hash);
}

TEST_CASE("confirm: the marker of an offer names the file, if its id is one", "[confirm]") {
  const auto find = [](const std::string& child) {
    return ConfirmMarker::find(parse_xml("<si>" + child + "</si>"));
  };
  CHECK(ConfirmMarker{"f1"}.build().to_xml() ==
        "<confirm xmlns='urn:xmppft:confirm:0' file-id='f1'/>");
  CHECK(ConfirmMarker{}.build().to_xml() == "<confirm xmlns='urn:xmppft:confirm:0'/>");
  CHECK_FALSE(find(""));
  CHECK_FALSE(find("<confirm xmlns='urn:other' file-id='f1'/>"));
  CHECK(find("<confirm xmlns='urn:xmppft:confirm:0' file-id='f1'/>")->file_id == "f1");
  for (const std::string& none : {std::string(), std::string(100'000, 'x')})
    CHECK(find("<confirm xmlns='urn:xmppft:confirm:0' file-id='" + none + "'/>")->file_id.empty());
}

TEST_CASE("confirm: without a sid it is refused", "[confirm]") {
  CHECK_FALSE(ConfirmDone::parse(Element("done", "urn:xmppft:confirm:0")));
}

TEST_CASE("hashes: every algorithm survives build and parse", "[confirm]") {
  const auto algo = GENERATE(HashAlgo::Md5, HashAlgo::Sha1, HashAlgo::Sha256);
  const auto hash = Digest::of(algo, view_of("x"));
  const auto read = parse_hash(build_hash(hash));
  REQUIRE(read);
  CHECK(*read == hash);
}

}  // namespace confirm_test
