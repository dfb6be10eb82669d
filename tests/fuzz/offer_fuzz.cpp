// SPDX-License-Identifier: MIT
// A stanza from a peer on its whole way: offer or refusal, row of the journal, and back, properties
// on the bus. Whatever the stanza says, the row comes back as it was and every property can be
// sent.
#include <sdbus-c++/sdbus-c++.h>

#include <stdexcept>

#include "bus/job_fields.h"
#include "fuzz.h"
#include "model/jid.h"
#include "model/namespaces.h"
#include "sqlite/job_columns.h"
#include "support/xml.h"
#include "xep/stanza.h"
#include "xep/xep0096_si.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

/// Written into another message it is read, and sd-bus refuses what is no text of D-Bus.
void check_sendable(const std::string& name, const JobView& job, bool account_exists) {
  try {
    const sdbus::Variant all(
        std::map<std::string, sdbus::Variant>{{name, job_field(name, job, account_exists)}});
  } catch (const sdbus::Error& error) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.getMessage().c_str());
    FUZZ_CHECK(!"a property that cannot be sent");
  }
}

void check_row(const JobRecord& record) {
  const auto cells = to_cells(record);
  FUZZ_CHECK(cells.size() == job_columns().size());
  const auto back = from_cells(cells);
  FUZZ_CHECK(back && to_cells(*back) == cells && checksum(to_cells(*back)) == checksum(cells));
  JobProgress progress;
  progress.transferred = record.transferred;
  for (const auto& name : check_job_fields(job_field_names())) {
    check_sendable(name, {*back, progress}, true);
    check_sendable(name, {*back, progress}, false);
  }
}

void check_offer(const SiOffer& offer, JobRecord& record) {
  FUZZ_CHECK(!offer.methods.empty() && offer.methods.size() <= 16);
  FUZZ_CHECK(offer.file.known_size() <= INT64_MAX);
  FUZZ_CHECK(offer.file.description.size() <= 1024 && offer.file.mime_type.size() <= 128);
  record.file = offer.file;
  record.wanted_name = offer.file.name;
  record.state = JobState::Offered;
  record.reason = JobReason::AwaitingUser;
  // Passed on by ourselves it is the same offer.
  const auto again = SiOffer::parse(offer.build());
  FUZZ_CHECK(again && again->id == offer.id && again->methods == offer.methods &&
             again->range == offer.range);
  FUZZ_CHECK(again->file.name == offer.file.name && again->file.size == offer.file.size);
  FUZZ_CHECK(again->file.description == offer.file.description &&
             again->file.mime_type == offer.file.mime_type);
  FUZZ_CHECK(again->file.hash == offer.file.hash && again->can_confirm == offer.can_confirm);
}

void failed(JobRecord& record, const Error& why) {
  record.state = JobState::Failed;
  record.reason = JobReason::Protocol;
  record.error_name = std::string(to_string(why.code));
  record.error_detail = why.detail;
}

/// The answer to an offer of ours: what is to be sent is a part of the file.
void check_answer(const SiAnswer& answer, JobRecord& record) {
  SiOffer ours;
  ours.methods = {std::string(kNsBytestreams), std::string(kNsIbb)};
  ours.file.size = 1000;
  ours.range = true;
  const auto part = answer.range_of(ours);
  const auto again = SiAnswer::parse(answer.build());
  FUZZ_CHECK(again && again->method == answer.method && again->can_confirm == answer.can_confirm);
  FUZZ_CHECK(again->offset == answer.offset && again->length == answer.length);
  if (!part) return failed(record, part.error());
  FUZZ_CHECK(part->offset <= ours.file.known_size() &&
             part->length <= ours.file.known_size() - part->offset);
  record.direction = Direction::Out;
  record.method = answer.method;
  record.offset = part->offset;
  ours.range = false;
  const auto whole = answer.range_of(ours);
  FUZZ_CHECK(!whole || (whole->offset == 0 && whole->length == ours.file.size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Element stanza;
  try {
    stanza = test::parse_xml({reinterpret_cast<const char*>(data), size});
  } catch (const std::runtime_error&) {
    return 0;
  }
  const auto iq = Iq::parse(stanza);
  if (!iq) {
    FUZZ_CHECK(iq.error().code == Errc::Protocol);
    return 0;
  }
  JobRecord record;
  record.id = 1;
  record.account = 1;
  record.direction = Direction::In;
  const auto from = Jid::parse(iq->from);
  if (!from) return 0;
  record.peer = from->str();
  record.peer_full = iq->from;
  if (iq->error) {
    failed(record, to_error(*iq->error, "SI offer"));
    const auto again = StanzaError::parse(iq->error->build());
    FUZZ_CHECK(again.condition == iq->error->condition && again.type == iq->error->type &&
               again.text == iq->error->text);
  } else if (iq->payload) {
    if (const auto offer = SiOffer::parse(*iq->payload))
      check_offer(*offer, record);
    else
      failed(record, offer.error());
    if (const auto answer = SiAnswer::parse(*iq->payload)) check_answer(*answer, record);
  }
  check_row(record);
  // What we write is XML that reads the same.
  const auto written = iq->build();
  FUZZ_CHECK(test::parse_xml(written.to_xml()).to_xml() == written.to_xml());
  return 0;
}
