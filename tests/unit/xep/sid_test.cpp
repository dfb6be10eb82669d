// SPDX-License-Identifier: MIT
#include "support/sids.h"

#include <catch2/catch.hpp>

#include "model/namespaces.h"
#include "support/xml.h"
#include "xep/confirm.h"
#include "xep/parse.h"
#include "xep/stanza.h"
#include "xep/xep0047_ibb.h"
#include "xep/xep0065_bytestreams.h"
#include "xep/xep0096_si.h"

namespace sid_test {

using namespace xmppftd;
using test::opaque_sids;
using test::parse_xml;

namespace {

Element over_the_wire(const Element& element) { return parse_xml(element.to_xml("")); }

Element with(const char* name, std::string_view xmlns, const char* key, const std::string& sid) {
  return over_the_wire(Element(name, std::string(xmlns)).set(key, sid));
}

}  // namespace

TEST_CASE("sid: a peer's is opaque, in every stanza that holds one", "[sid]") {
  for (const auto& sid : opaque_sids()) {
    INFO(sid);
    REQUIRE(parse_sid("sid", sid).ok());

    SiOffer offer;
    offer.id = sid;
    offer.file.name = "x";
    offer.methods = {std::string(kNsIbb)};
    const auto si = SiOffer::parse(over_the_wire(offer.build()));
    REQUIRE(si.ok());
    CHECK(si->id == sid);

    BytestreamsQuery query;
    query.sid = sid;
    const auto s5b = BytestreamsQuery::parse(over_the_wire(query.build()));
    REQUIRE(s5b.ok());
    CHECK(s5b->sid == sid);

    const auto open = IbbOpen::parse(over_the_wire(IbbOpen{sid, 4096, IbbStanza::Iq}.build()));
    REQUIRE(open.ok());
    CHECK(open->sid == sid);
    const auto data = IbbData::parse(over_the_wire(IbbData{sid, 7, {1, 2, 3}}.build()), 4096);
    REQUIRE(data.ok());
    CHECK(data->sid == sid);
    const auto close = IbbClose::parse(over_the_wire(IbbClose{sid}.build()));
    REQUIRE(close.ok());
    CHECK(close->sid == sid);

    const auto done = ConfirmDone::parse(over_the_wire(ConfirmDone{sid, std::nullopt}.build()));
    REQUIRE(done.ok());
    CHECK(done->sid == sid);

    Iq iq;
    iq.type = IqType::Result;
    iq.id = sid;
    const auto answer = Iq::parse(parse_xml(iq.build().to_xml(kNsClient)));
    REQUIRE(answer.ok());
    CHECK(answer->id == sid);
  }
}

TEST_CASE("sid: an empty one and one over 1024 bytes are the sender's mistake", "[sid]") {
  const std::string sid = GENERATE(as<std::string>(), "", std::string(1025, 'x'),
                                   std::string(1023, 'x') + "\xc3\xa9", std::string(60000, ' '));
  std::vector<std::optional<Error>> errors;
  const auto keep = [&](auto result) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::Protocol);  // answered <bad-request/>
    CHECK(result.error().detail.size() < 500);
  };
  keep(parse_sid("sid", sid));
  keep(SiOffer::parse(with("si", kNsSi, "id", sid)));
  keep(IbbOpen::parse(with("open", kNsIbb, "sid", sid)));
  keep(IbbClose::parse(with("close", kNsIbb, "sid", sid)));
  keep(IbbData::parse(with("data", kNsIbb, "sid", sid).set("seq", "0"), 4096));
  keep(ConfirmDone::parse(with("done", kNsConfirm, "sid", sid)));
}

TEST_CASE("sid: the SOCKS5 hash is over its bytes as they are (XEP-0065 s5.3.2)", "[sid]") {
  CHECK(
      dst_addr("{3f2504e0-4f89-11d3-9a0c-0305e82c3301}", "a@x/r", "b@x/s") ==
      Digest::of(HashAlgo::Sha1, view_of("{3f2504e0-4f89-11d3-9a0c-0305e82c3301}a@x/rb@x/s")).hex);
  CHECK(dst_addr("\xc3\xa9", "a@x/r", "b@x/s") != dst_addr("e\xcc\x81", "a@x/r", "b@x/s"));
  CHECK(dst_addr("a ", "a@x/r", "b@x/s") != dst_addr("a", "a@x/r", "b@x/s"));
}

}  // namespace sid_test
