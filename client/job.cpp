// SPDX-License-Identifier: MIT
#include "job.h"

#include "files.h"
#include "text.h"

namespace xmppftctl {
namespace {

using nlohmann::ordered_json;
using Pair = sdbus::Struct<std::string, std::string>;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}
ordered_json time_or_null(std::uint64_t usec) { return text_or_null(rfc3339(usec)); }
ordered_json count_or_null(std::int64_t n) { return n < 0 ? ordered_json() : ordered_json(n); }

/// "29 min (at 14:03)"
std::string time_left(const Waiting& waiting, std::uint64_t now) {
  const auto left = waiting.until > now ? (waiting.until - now) / 1'000'000 : 0;
  return human_seconds(static_cast<std::int64_t>(left)) + " (at " + local_time(waiting.until) + ")";
}

/// "14:03, in 29 min"
std::string end_of(const Waiting& waiting, std::uint64_t now) {
  if (waiting.until <= now) return "it comes";
  const auto left = static_cast<std::int64_t>((waiting.until - now) / 1'000'000);
  return local_time(waiting.until) + ", in " + human_seconds(left);
}

}  // namespace

std::uint64_t Job::average_rate() const {
  if (started_at == 0 || finished_at <= started_at || transferred <= offset) return 0;
  const double seconds = static_cast<double>(finished_at - started_at) / 1e6;
  return static_cast<std::uint64_t>(static_cast<double>(transferred - offset) / seconds);
}

Job job_from(std::uint64_t id, const Values& p) {
  Job job;
  job.id = id;
  const auto text = [&](const char* key) { return value_of<std::string>(p, key); };
  const auto count = [&](const char* key) { return value_of<std::uint64_t>(p, key); };
  job.batch = text("Batch");
  job.direction = text("Direction");
  job.account = value_of<sdbus::ObjectPath>(p, "Account");
  job.account.erase(0, job.account.rfind('/') + 1);
  job.peer = text("Peer");
  job.peer_full = text("PeerFull");
  job.name = text("Name");
  job.uri = text("Uri");
  job.mime_type = text("MimeType");
  job.description = text("Description");
  job.state = text("State");
  job.reason = text("StateReason");
  // What went wrong on the way no longer matters once the file is there.
  const auto error = job.state == "done" ? Pair{} : value_of<Pair>(p, "Error");
  job.error_name = error.get<0>();
  job.error_message = error.get<1>();
  job.method = text("Method");
  const auto detail = value_of<Values>(p, "MethodDetail");
  job.route = value_of<std::string>(detail, "route");
  job.host = value_of<std::string>(detail, "host");
  job.port = value_of<std::uint16_t>(detail, "port");
  job.hash = text("Hash");
  job.hash_state = text("HashState");
  job.delivery = text("Delivery");
  job.actions = value_of<std::vector<std::string>>(p, "Actions");
  job.size = value_of<std::int64_t>(p, "Size", -1);
  job.eta = value_of<std::int64_t>(p, "Eta", -1);
  job.transferred = count("Transferred");
  job.offset = count("Offset");
  job.rate = count("Rate");
  job.created_at = count("CreatedAt");
  job.started_at = count("StartedAt");
  job.finished_at = count("FinishedAt");
  job.next_attempt_at = count("NextAttemptAt");
  job.attempt = value_of<std::uint32_t>(p, "Attempt");
  job.priority = value_of<std::int32_t>(p, "Priority");
  job.persistent = value_of<bool>(p, "Persistent", true);
  return job;
}

ordered_json to_json(const Job& job) {
  ordered_json out = {
      {"id", job.id},
      {"direction", job.direction},
      {"peer", job.peer},
      {"name", job.name},
      {"state", job.state},
      {"reason", job.reason},
      {"size_bytes", count_or_null(job.size)},
      {"transferred_bytes", job.transferred},
      {"offset_bytes", job.offset},
      {"rate_bps", job.rate},
      {"average_bps", job.average_rate()},
      {"eta_s", count_or_null(job.eta)},
      {"method", text_or_null(job.method)},
      {"route", text_or_null(job.route)},
      {"host", text_or_null(job.host)},
      {"port", job.port == 0 ? ordered_json() : ordered_json(job.port)},
      {"attempt", job.attempt},
      {"priority", job.priority},
      {"batch", text_or_null(job.batch)},
      {"account", text_or_null(job.account)},
      {"peer_full", text_or_null(job.peer_full)},
      {"uri", text_or_null(job.uri)},
      {"path", text_or_null(path_of_uri(job.uri))},
      {"mime_type", text_or_null(job.mime_type)},
      {"description", job.description},
      {"hash", text_or_null(job.hash)},
      {"hash_state", job.hash_state},
      {"delivery", text_or_null(job.delivery)},
      {"persistent", job.persistent},
      {"actions", job.actions},
      {"created_at", time_or_null(job.created_at)},
      {"started_at", time_or_null(job.started_at)},
      {"finished_at", time_or_null(job.finished_at)},
      {"next_attempt_at", time_or_null(job.next_attempt_at)},
      {"error", nullptr},
  };
  if (!job.error_name.empty())
    out["error"] = {{"name", job.error_name}, {"message", job.error_message}};
  return out;
}

std::string Job::told_error() const {
  const bool in = direction == "in";
  const bool under_way = (state == "offered" && !in) || (state == "connecting" && !in) ||
                         state == "active" || (state == "verifying" && reason != "awaiting-folder");
  return under_way || error_message == state || error_message == reason ? "" : error_message;
}

std::string progress_cell(const Job& job) {
  if (job.is_final() || job.state == "queued" || job.state == "offered")
    return job.reason == job.state ? "" : job.reason;
  if (job.size == 0) return "100 %";
  if (job.size < 0) return human_bytes(static_cast<std::int64_t>(job.transferred));
  const double part = static_cast<double>(job.transferred) / static_cast<double>(job.size);
  return std::to_string(static_cast<int>(part * 100)) + " %";
}

Table job_table(const std::vector<Job>& jobs) {
  Table table({{"id", "ID", true},
               {"dir", "DIR"},
               {"peer", "PEER", false, true},
               {"name", "NAME", false, true},
               {"size", "SIZE", true},
               {"state", "STATE"},
               {"progress", "PROGRESS"},
               {"rate", "RATE", true},
               {"eta", "ETA", true},
               {"method", "METHOD"},
               {"reason", "REASON"},
               {"transferred", "TRANSFERRED", true},
               {"average", "AVERAGE", true},
               {"batch", "BATCH"},
               {"account", "ACCOUNT"},
               {"priority", "PRIORITY", true},
               {"attempt", "ATTEMPT", true},
               {"hash", "HASH"},
               {"verified", "VERIFIED"},
               {"delivery", "DELIVERY"},
               {"created", "CREATED"},
               {"finished", "FINISHED"},
               {"path", "PATH", false, true},
               {"error", "ERROR", false, true}});
  for (const auto& job : jobs) {
    const auto rate = [](std::uint64_t bps) {
      return Table::Cell(human_rate(bps), std::to_string(bps));
    };
    const bool active = job.state == "active";
    table.add(
        {std::to_string(job.id),
         job.direction,
         job.peer,
         job.name,
         {human_bytes(job.size), std::to_string(job.size)},
         job.state,
         progress_cell(job),
         rate(job.rate),
         {active ? human_seconds(job.eta) : "", std::to_string(job.eta)},
         job.way(),
         job.reason,
         {human_bytes(static_cast<std::int64_t>(job.transferred)), std::to_string(job.transferred)},
         rate(job.average_rate()),
         job.batch,
         job.account,
         std::to_string(job.priority),
         std::to_string(job.attempt),
         job.hash,
         job.hash_state,
         job.delivery,
         {local_time(job.created_at), rfc3339(job.created_at)},
         {local_time(job.finished_at), rfc3339(job.finished_at)},
         path_of_uri(job.uri),
         job.told_error()});
  }
  return table;
}

Waiting waiting_from(const Values& wait) {
  return {value_of<std::string>(wait, "reason"), value_of<std::string>(wait, "why"),
          value_of<std::uint64_t>(wait, "until")};
}

std::string waits_for(const Job& job, const Waiting& waiting, std::uint64_t now) {
  const bool in = job.direction == "in";
  const auto peer = printable(job.peer);
  const auto id = std::to_string(job.id);
  const auto& reason = waiting.reason;
  const auto ends = ", until " + end_of(waiting, now);
  if (job.state == "queued") {
    if (reason == "backoff") {
      if (waiting.until <= now) return "the next attempt, which is due: until its turn comes";
      return "the next attempt, in " + time_left(waiting, now);
    }
    if (reason == "not-now")
      return peer + ", which cannot take it just now (" + printable(waiting.why) +
             "): it is asked again in " + time_left(waiting, now);
    if (reason == "preparing")
      return "its offer, until " + peer + " is found and what it is to be compared with computed";
    if (reason == "waiting-account")
      return "its account to be online, until when it keeps its place: xmppftctl status";
    if (reason == "waiting-network") return "the network, until there is one";
    if (reason == "waiting-peer")
      return (in ? peer + " to offer the file again"
                 : peer + " to be online, with a program that takes files") +
             ends;
    return "its turn, until others before it have ended";
  }
  if (job.state == "offered") {
    if (!in) return peer + " to take the file" + ends + "; then it is offered again";
    if (reason == "waiting-slot")
      return (job.error_message.empty() ? "other files that rules took, then a rule takes it"
                                        : "its folder to be usable, then a rule takes it") +
             ends;
    if (reason == "awaiting-user")
      return "you: xmppftctl accept " + id + ", or decline " + id + ends;
  }
  if (job.state == "connecting")
    return "the stream, until it is open: each way has at most 3 minutes";
  if (job.state == "active" && reason == "stalled")
    return "bytes to move, until a minute has passed without any: then the stream is given up";
  if (job.state == "active" && reason == "server-limit")
    return "our server, until it has read all: it reads no faster";
  if (job.state == "paused" && reason == "disk-low")
    return "room in its folder, which is looked at every 30 seconds" + ends;
  if (job.state == "verifying") {
    if (reason == "awaiting-folder")
      return "its folder to be usable, until it is: it is tried every 10 seconds";
    return in ? "its sender's word, for at most 10 minutes, until its content is compared and on "
                "the disk"
              : peer + " to say that it has the file, for at most 20 minutes";
  }
  return {};
}

std::string result_line(const Job& job) {
  std::string line = printable(job.name) + "  " + human_bytes(job.size) + "  " + job.state;
  if (job.state != "done") {
    if (!job.reason.empty()) line += " (" + job.reason + ")";
    if (const auto error = job.told_error(); !error.empty()) line += ": " + printable(error);
    return line;
  }
  if (const auto rate = human_rate(job.average_rate()); !rate.empty()) line += "  " + rate;
  if (!job.method.empty()) line += "  " + job.way();
  if (job.direction == "in") line += "  → " + printable(short_path(path_of_uri(job.uri)));
  return line;
}

}  // namespace xmppftctl
