// SPDX-License-Identifier: MIT
#include "bus/job_fields.h"

#include <algorithm>

#include "base/text.h"
#include "bus/file_uri.h"
#include "bus/names.h"
#include "bus/outgoing.h"
#include "transfer/verb.h"

namespace xmppftd {
namespace {

using sdbus::Variant;

struct Field {
  std::string_view name;
  Variant (*read)(const JobView& job, bool account_exists);
};

std::string uri_of(const JobRecord& record) {
  const bool there = !record.path.empty() &&
                     (record.direction == Direction::Out || record.state == JobState::Done);
  return there ? path_to_uri(record.path) : "";
}

Variant method_detail(const JobRecord& record) {
  VariantMap detail;
  if (!record.route.empty()) detail["route"] = variant(record.route);
  if (!record.host.empty()) detail["host"] = variant(record.host);
  if (record.port != 0) detail["port"] = variant(record.port);
  return variant(detail);
}

std::vector<std::string> actions(const JobRecord& record) {
  std::vector<std::string> words;
  for (const auto verb : actions_of(record)) words.emplace_back(verb);
  return words;
}

Variant text(std::string_view value) { return variant(std::string(value)); }

const Field kFields[] = {
    {"Id", [](const JobView& j, bool) { return variant(j.record.id); }},
    {"Batch", [](const JobView& j, bool) { return text(j.record.batch); }},
    {"Direction", [](const JobView& j, bool) { return text(to_string(j.record.direction)); }},
    {"Account",
     [](const JobView& j, bool exists) {
       return variant(sdbus::ObjectPath(exists ? account_path(j.record.account) : "/"));
     }},
    {"Peer", [](const JobView& j, bool) { return text(j.record.peer); }},
    {"PeerFull", [](const JobView& j, bool) { return text(j.record.peer_full); }},
    {"CreatedAt", [](const JobView& j, bool) { return variant(bus_time(j.record.created_at)); }},
    {"StartedAt", [](const JobView& j, bool) { return variant(bus_time(j.record.started_at)); }},
    {"FinishedAt", [](const JobView& j, bool) { return variant(bus_time(j.record.finished_at)); }},
    {"Persistent", [](const JobView& j, bool) { return variant(is_persistent(j.record)); }},
    {"Name", [](const JobView& j, bool) { return text(safe_text(j.record.file.name, 255)); }},
    {"Uri", [](const JobView& j, bool) { return text(uri_of(j.record)); }},
    {"MimeType", [](const JobView& j, bool) { return text(j.record.file.mime_type); }},
    {"Description", [](const JobView& j, bool) { return text(j.record.file.description); }},
    {"Size",
     [](const JobView& j, bool) {
       const auto size = j.record.file.size;
       return variant(size ? static_cast<std::int64_t>(*size) : std::int64_t{-1});
     }},
    {"Priority",
     [](const JobView& j, bool) { return variant(static_cast<std::int32_t>(j.record.priority)); }},
    {"State", [](const JobView& j, bool) { return text(to_string(j.record.state)); }},
    {"StateReason", [](const JobView& j, bool) { return text(to_string(j.record.reason)); }},
    {"Error",
     [](const JobView& j, bool) {
       // What went wrong on the way to the end is in the job's history.
       if (j.record.state == JobState::Done)
         return variant(sdbus::Struct<std::string, std::string>());
       return variant(sdbus::Struct<std::string, std::string>(
           job_error_name(j.record.error_name), safe_text(j.record.error_detail, kMaxString)));
     }},
    {"Actions", [](const JobView& j, bool) { return variant(actions(j.record)); }},
    {"Transferred", [](const JobView& j, bool) { return variant(j.progress.transferred); }},
    {"Offset", [](const JobView& j, bool) { return variant(j.record.offset); }},
    {"Rate", [](const JobView& j, bool) { return variant(j.progress.rate); }},
    {"Eta",
     [](const JobView& j, bool) {
       return variant(j.progress.left ? static_cast<std::int64_t>(j.progress.left->count())
                                      : std::int64_t{-1});
     }},
    {"Method", [](const JobView& j, bool) { return text(j.record.method); }},
    {"MethodDetail", [](const JobView& j, bool) { return method_detail(j.record); }},
    {"Attempt",
     [](const JobView& j, bool) { return variant(static_cast<std::uint32_t>(j.record.attempt)); }},
    {"NextAttemptAt",
     [](const JobView& j, bool) { return variant(bus_time(j.record.next_attempt_at)); }},
    {"Hash",
     [](const JobView& j, bool) {
       const auto& hash = j.record.hash;
       return text(hash ? std::string(to_string(hash->algo)) + ":" + hash->hex : "");
     }},
    {"HashState", [](const JobView& j, bool) { return text(to_string(j.record.hash_state)); }},
    {"Delivery", [](const JobView& j, bool) { return text(to_string(j.record.delivery)); }},
};

}  // namespace

namespace {

const Field& field_named(std::string_view name) {
  for (const auto& field : kFields)
    if (field.name == name) return field;
  std::string known;
  for (const auto& field : job_field_names()) known += (known.empty() ? "" : ", ") + field;
  throw invalid_args("unknown field " + in_quotes(name) + "; there are: " + known);
}

}  // namespace

sdbus::Variant job_field(std::string_view name, const JobView& job, bool account_exists) {
  return field_named(name).read(job, account_exists);
}

std::vector<std::string> check_job_fields(std::vector<std::string> names) {
  if (names.empty()) return job_field_names();
  for (const auto& name : names) field_named(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

const std::vector<std::string>& job_field_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& field : kFields) all.emplace_back(field.name);
    return all;
  }();
  return names;
}

}  // namespace xmppftd
