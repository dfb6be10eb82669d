// SPDX-License-Identifier: MIT
// Numbers, sizes, times and ranges, from peers, from the configuration and from the command line.
#include <sstream>

#include "base/bytes.h"
#include "config/values.h"
#include "failure.h"
#include "fuzz.h"
#include "model/namespaces.h"
#include "parse.h"
#include "selector.h"
#include "text.h"
#include "xep/xep0082_date.h"
#include "xep/xep0096_si.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

constexpr std::uint64_t kMost = INT64_MAX;

void check_daemon(std::string_view text) {
  if (const auto number = parse_decimal(text)) {
    FUZZ_CHECK(*number <= kMost && text.size() <= 19);
    FUZZ_CHECK(text.find_first_not_of("0123456789") == std::string_view::npos);
    FUZZ_CHECK(std::stoull(std::string(text)) == *number);
    FUZZ_CHECK(parse_size(text).value() == *number);
  }
  if (const auto size = parse_size(text))
    FUZZ_CHECK(*size <= kMost);
  else
    FUZZ_CHECK(!size.error().detail.empty());
  if (const auto time = parse_duration(text)) FUZZ_CHECK(time->count() >= 0);
  if (const auto moment = parse_date_time(text)) {
    const auto written = to_date_time(*moment);
    FUZZ_CHECK(parse_date_time(written) == moment);
  }
  if (const auto bytes = from_hex(text)) FUZZ_CHECK(from_hex(to_hex(*bytes)) == bytes);
  if (const auto bytes = from_base64(text)) FUZZ_CHECK(from_base64(to_base64(*bytes)) == bytes);
  FUZZ_CHECK(from_base64(to_base64(view_of(text))) == Bytes(text.begin(), text.end()));
}

/// The answer to an offer names a part of the file, or is refused.
void check_range(std::string_view offset, std::string_view length, std::uint64_t size, bool range) {
  SiOffer offer;
  offer.methods = {std::string(kNsIbb)};
  offer.file.size = size & kMost;
  offer.range = range;
  SiAnswer answer;
  answer.method = kNsIbb;
  auto si = answer.build();
  auto part = Element("range", std::string(kNsSiFile));
  if (!offset.empty()) part.set("offset", std::string(offset));
  if (!length.empty()) part.set("length", std::string(length));
  si.add(Element("file", std::string(kNsSiFile)).add(std::move(part)));
  const auto parsed = SiAnswer::parse(si);
  if (!parsed) {
    FUZZ_CHECK(parsed.error().code == Errc::Protocol);
    return;
  }
  const auto bytes = parsed->range_of(offer);
  if (!bytes) {
    FUZZ_CHECK(!bytes.error().detail.empty());
    return;
  }
  FUZZ_CHECK(bytes->offset <= offer.file.known_size() &&
             bytes->length <= offer.file.known_size() - bytes->offset);
  FUZZ_CHECK(range || (bytes->offset == 0 && bytes->length == offer.file.size));
  const auto again = SiAnswer::parse(parsed->build());
  FUZZ_CHECK(again && again->range_of(offer).value() == *bytes);
}

template <class F>
void may_refuse(F&& parse) {
  try {
    parse();
  } catch (const xmppftctl::Failure& failure) {
    FUZZ_CHECK(failure.name == xmppftctl::error::kUsage && !failure.message.empty());
    FUZZ_CHECK(is_utf8(failure.message) &&
               is_plain(failure.message));  // printed, and in the JSON document
  }
}

void check_client(std::string_view text) {
  namespace ctl = xmppftctl;
  may_refuse([&] {
    const auto time = ctl::parse_duration("--timeout", text);
    FUZZ_CHECK(time.count() > 0 && time <= std::chrono::hours(24 * 366 * 10));
  });
  may_refuse([&] { FUZZ_CHECK(ctl::parse_size("--max-size", text) <= kMost); });
  may_refuse([&] { FUZZ_CHECK(ctl::parse_word("--sort", text, {"newest", "oldest"}) == text); });
  may_refuse([&] {
    const auto number = ctl::parse_number("--priority", text, -100, 100);
    FUZZ_CHECK(number >= -100 && number <= 100);
  });
  if (ctl::why_not_text(text).empty())  // the options take no other argument
    may_refuse([&] { FUZZ_CHECK(is_bus_text(ctl::parse_jid("--to", text))); });
  may_refuse([&] {
    std::istringstream input{std::string(text)};
    const auto names = ctl::parse_job_names({"@-"}, input);
    std::istringstream nothing;
    if (std::string word; std::istringstream(std::string(text)) >> word && word == text)
      FUZZ_CHECK(ctl::parse_job_names({word}, nothing).ids == names.ids);  // as an argument
    FUZZ_CHECK(names.ids.size() <= ctl::kMaxNamedJobs);
    for (const auto& [first, last] : names.ranges)
      FUZZ_CHECK(first >= 1 && first <= last && last - first < ctl::kMaxNamedJobs);
    for (const auto& batch : names.batches) FUZZ_CHECK(is_bus_text(batch));
  });
  const auto shown = ctl::printable(text);
  FUZZ_CHECK(is_utf8(shown) && is_plain(shown) && ctl::printable(shown) == shown);
  FUZZ_CHECK(ctl::why_not_text(text).empty() == is_bus_text(text));
  for (const std::size_t columns : {0, 1, 7, 80})
    FUZZ_CHECK(ctl::display_width(ctl::cut(shown, columns)) <= columns);
  may_refuse([&] {
    for (const auto& word : ctl::parse_list("--state", text))
      FUZZ_CHECK(!word.empty() && word.find(',') == std::string::npos);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  if (input.byte() & 1) {
    const auto file_size = input.number();
    const bool range = input.byte() & 1;
    const auto offset = input.word();
    check_range(offset, input.rest(), file_size, range);
  } else {
    check_daemon(input.rest());
    check_client(input.rest());
  }
  return 0;
}
