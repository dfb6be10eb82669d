// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/file_info.h"
#include "model/method.h"
#include "model/word.h"

namespace xmppftd {

using JobId = std::uint64_t;      ///< never reused, stable across restarts; 0 names no job
using AccountId = std::uint64_t;  ///< likewise
/// for display only; epoch = not yet
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

WallTime wall_now() noexcept;

enum class Direction { Out, In };

/// Where a job stands. An outgoing job begins as Queued, an incoming one as Offered. Done, Failed
/// and Cancelled are terminal. can_change() allows these moves and no others:
///
///   Queued ----> Offered ----> Connecting ----> Active ----> Verifying ----> Done
///      |                           ^
///      +------ without offer ------+
///
///   from Connecting to Offered, of an outgoing job: by another way
///   from Offered to Done, of an outgoing job: the receiver has it, of an earlier attempt
///   to Queued, which is "again, later": from Connecting, Active and Verifying; of an outgoing job
///     from Offered too, and from Failed and Cancelled by a retry
///   to Failed and to Cancelled: from every state that is not terminal
///   Paused, which is "not before something has changed here": from Queued, Offered, Connecting,
///     Active and Verifying; it leads to Queued and to Active
///
/// A state may follow itself with another reason, unless it is terminal.
///
/// A job in an Unknown state is listed, and nothing is done with it unless the user removes it: the
/// version that wrote its state knows what may be. Who waits for it to end waits for nothing.
enum class JobState {
  Queued,
  Offered,
  Connecting,
  Active,
  Paused,
  Verifying,
  Done,
  Failed,
  Cancelled,
  Unknown
};

/// Why a job is in its state. None where the state says it all.
enum class JobReason {
  None,
  // queued
  WaitingSlot,
  WaitingAccount,
  WaitingPeer,
  WaitingNetwork,
  Backoff,
  Scheduled,
  Held,
  // offered
  AwaitingUser,
  AwaitingAgent,
  AwaitingPeer,
  // connecting, active
  Uploading,
  Stalled,
  ServerLimit,
  // paused
  User,
  DiskLow,
  Metered,
  Suspend,
  // failed
  Declined,
  PeerOffline,
  NoSuchPeer,
  PeerUnsupported,
  NoMethod,
  Timeout,
  Io,
  DiskFull,
  FileChanged,
  FileMissing,
  HashMismatch,
  Interrupted,
  Policy,
  Protocol,
  Internal,
  // cancelled (User is shared with paused)
  Refused,
  Peer,
  Withdrawn,
  Expired,
  // verifying; after the others, for tests of old journals count those through
  AwaitingFolder,
  Unknown,
};

/// The words of the D-Bus API: "out", "queued", "waiting-slot", ...
std::string_view to_string(Direction direction) noexcept;
std::string_view to_string(JobState state) noexcept;
std::string_view to_string(JobReason reason) noexcept;
std::optional<JobState> job_state_from(std::string_view word) noexcept;
std::optional<JobReason> job_reason_from(std::string_view word) noexcept;

bool is_terminal(JobState state) noexcept;
/// Is there something still to be done with a job in this state, and do we know what?
bool is_live(JobState state) noexcept;
/// Is a job in this state between its offer and its end? Then it is an object on the bus, asked for
/// or not.
bool is_under_way(JobState state) noexcept;
/// The legal moves: see JobState.
bool can_change(Direction direction, JobState from, JobState to) noexcept;

/// Which inode a path named when it was looked at, what the kernel said of it, and a mark of what
/// it held.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since the Unix epoch
  std::int64_t changed_ns = 0;   ///< ctime
  std::uint64_t content = 0;     ///< of a source: see fingerprint(); 0 = not taken
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// How a finished job was handed over: S5B to a foreign peer has no end-to-end acknowledgement.
enum class Delivery { None, HandedOver, Confirmed, Unknown };
std::string_view to_string(Delivery delivery) noexcept;  ///< "", "handed-over", "confirmed"

/// How content was verified.
enum class HashState { None, SizeOnly, Md5, Sha256, Mismatch, Unknown };
/// "none", "size-only", "md5", "sha-256", "mismatch"
std::string_view to_string(HashState state) noexcept;

/// Everything about one job that outlives the process: one row of the journal. Plain data, no
/// invariant of its own; `Job` (transfer/job.h) guards it.
struct JobRecord {
  JobId id = 0;
  std::string batch;
  Direction direction = Direction::Out;
  int priority = 0;  ///< -100..100, higher first
  AccountId account = 0;
  std::string peer;       ///< JID as asked for (out) or full JID that offered (in)
  std::string peer_full;  ///< resource in use, "" before
  FileInfo file;
  /// names the file between two daemons of our kind, through all offers of this job; in: the
  /// sender's, "" where its program has none
  std::string file_id;
  std::string path;     ///< out: absolute source path; in: absolute final path once published
  FileIdentity source;  ///< out: identity when queued
  Word<JobState> state = JobState::Queued;
  Word<JobReason> reason = JobReason::None;
  std::string error_name;    ///< "" or the last part of the D-Bus error name ("HashMismatch")
  std::string error_detail;  ///< English, for people
  std::vector<MethodChoice> methods;  ///< empty = the config's list
  std::string method;                 ///< in use or last used: Method::word
  std::string route;                  ///< one of Method::routes, ""
  std::string host;                   ///< streamhost address in use, for MethodDetail; "" when none
  std::uint16_t port = 0;
  unsigned attempt = 0;  ///< 1 = first
  /// bytes of this attempt, plus offset; as of the last state change
  std::uint64_t transferred = 0;
  std::uint64_t offset = 0;  ///< resumed from
  Word<Delivery> delivery = Delivery::None;
  Word<HashState> hash_state = HashState::None;
  std::optional<Hash> hash;  ///< what the bytes hashed to
  WallTime created_at{}, started_at{}, finished_at{}, next_attempt_at{};
  WallTime waiting_since{};  ///< since when the peer has been awaited; epoch = it is not
  /// In, and cancelled by the user or failed for our disk: since when its sender may offer it again
  /// without knowing; epoch = it knows
  WallTime unaware_since{};
  // Incoming only: whether they are wanted, and where they are
  bool accepted = false;    ///< the user or a rule took the offer, and did not change its mind
  bool publishing = false;  ///< the final name is on record, the rename may have happened
  std::string folder;       ///< absolute target folder
  std::string part_name;    ///< ".xmppft-<16 hex>.part" inside it, "" when none
  FileIdentity part;        ///< device and inode of the part file
  /// bytes of the part that are synced, from its start; see Store::checkpoint()
  std::uint64_t durable = 0;
  /// name to publish under: the offered one or the user's; "" before accepting
  std::string wanted_name;
  std::string final_name;            ///< name chosen at publishing, "" before
  std::string on_exists = "rename";  ///< rename | fail | overwrite
};

/// One line of a job's story (Manager1.GetHistory): an attempt, a method tried, a state entered.
struct HistoryEntry {
  WallTime at{};
  std::string what;    ///< "offered", "direct", "proxy", "ibb", "done", ...
  std::string detail;  ///< address, reason: English, for people
};

}  // namespace xmppftd
