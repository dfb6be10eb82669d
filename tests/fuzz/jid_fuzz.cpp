// SPDX-License-Identifier: MIT
// Addresses: what is taken is valid, bounded, and stays what it is when it is read again.
#include "fuzz.h"
#include "model/jid.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto jid = Jid::parse(text);
  if (!jid) {
    FUZZ_CHECK(jid.error().code == Errc::BadJid && !jid.error().detail.empty());
    FUZZ_CHECK(is_bus_text(jid.error().detail));
    return 0;
  }
  FUZZ_CHECK(jid->local().size() <= 1023 && jid->domain().size() <= 1023 &&
             jid->resource().size() <= 1023);
  FUZZ_CHECK(!jid->domain().empty() && is_bus_text(jid->bare().str()) && is_utf8(jid->resource()));
  FUZZ_CHECK(!jid->ascii_domain().empty());
  FUZZ_CHECK(jid->local().find_first_of("\"&'/:<>@") == std::string_view::npos);
  FUZZ_CHECK(jid->domain().find_first_of("@/") == std::string_view::npos);
  const auto again = Jid::parse(jid->str());
  FUZZ_CHECK(again && *again == *jid);
  FUZZ_CHECK(jid->bare().is_bare() && jid->bare().bare() == jid->bare());
  FUZZ_CHECK(jid->bare().local() == jid->local() && jid->bare().domain() == jid->domain());
  FUZZ_CHECK(jid->domain_jid().str() == jid->domain());
  const auto stamped = Jid::parse_stamped(text);
  FUZZ_CHECK(stamped && *stamped == *jid && stamped->as_stamped() == text);
  if (jid->is_full()) FUZZ_CHECK(jid->bare().with_resource(jid->resource()).value() == *jid);
  return 0;
}
