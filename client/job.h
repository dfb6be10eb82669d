// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "table.h"
#include "values.h"

namespace xmppftctl {

/// One job as ListJobs tells it. Fields that were not asked for keep their default.
struct Job {
  std::uint64_t id = 0;
  std::string batch, direction, account, peer, peer_full, name, uri, mime_type, description;
  std::string state, reason, error_name, error_message;
  std::string method, route, host, hash, hash_state, delivery;
  std::vector<std::string> actions;
  std::int64_t size = -1;                               ///< bytes, -1 unknown
  std::int64_t eta = -1;                                ///< seconds, -1 unknown
  std::uint64_t transferred = 0, offset = 0, rate = 0;  ///< bytes, bytes, bytes/s
  std::uint64_t created_at = 0, started_at = 0, finished_at = 0,
                next_attempt_at = 0;  ///< usec, 0 = not yet
  std::uint32_t attempt = 0;
  std::int32_t priority = 0;
  std::uint16_t port = 0;
  bool persistent = true;

  bool is_final() const { return state == "done" || state == "failed" || state == "cancelled"; }
  bool is_moving() const {
    return state == "connecting" || state == "active" || state == "verifying";
  }
  /// Bytes per second from first byte to end; 0 if not known.
  std::uint64_t average_rate() const;
  /// "si-socks5/direct".
  std::string way() const { return route.empty() ? method : method + "/" + route; }
  /// The error, where it says more than the state and is about it. An outgoing job keeps that of
  /// its last attempt while the next one is under way; an incoming one says with it what it waits
  /// for.
  std::string told_error() const;
  /// "declined" of failed (declined); the state itself where it says all.
  const std::string& why() const { return reason.empty() ? state : reason; }
};

Job job_from(std::uint64_t id, const Values& properties);

/// The keys of `xmppftctl/1`: units in the names, unknown = null, times RFC 3339.
nlohmann::ordered_json to_json(const Job& job);

/// The columns of `queue list`; the first ten are shown unless others are chosen.
Table job_table(const std::vector<Job>& jobs);
inline constexpr const char* kDefaultColumns =
    "id,dir,peer,name,size,state,progress,rate,eta,method";

/// "62 %", or why it waits.
std::string progress_cell(const Job& job);

/// What GetWait tells of a job.
struct Waiting {
  std::string reason, why;
  std::uint64_t until = 0;  ///< usec since the epoch, 0 = the wait has no end of its own
};
Waiting waiting_from(const Values& wait);

/// What the job waits for and until when, for people: "bob@example.net to take the file, until …".
/// `now` in microseconds since the epoch. "" if it ended, or goes on without waiting.
std::string waits_for(const Job& job, const Waiting& waiting, std::uint64_t now);

/// The last word on a job, for people: "big.iso  3.7 GiB  done  4.1 MiB/s  si-socks5/direct ->
/// ~/big.iso".
std::string result_line(const Job& job);

}  // namespace xmppftctl
