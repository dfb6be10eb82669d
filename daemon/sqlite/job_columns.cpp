// SPDX-License-Identifier: MIT
#include "sqlite/job_columns.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "base/text.h"

namespace xmppftd {
namespace {

/// The other half of a size: `size` is 0 where this is 1.
template <class Size>
struct SizeUnknown {
  Size& size;
};
template <class Size>
SizeUnknown(Size&) -> SizeUnknown<Size>;  // which clang 14 does not find by itself

/// The one list of what is kept: every other function here walks it. A column that comes stands
/// last, with the version of the journal whose migration brings it (migrations.cpp); it counts as 0
/// or "" in rows that were written before.
template <class Record, class Visit>
void each_column(Record& job, Visit&& column) {
  column("id", job.id);
  column("batch", job.batch);
  column("direction", job.direction);
  column("account", job.account);
  column("peer", job.peer);
  column("peer_full", job.peer_full);
  column("name", job.file.name);
  column("size", job.file.size);
  column("modified", job.file.modified);
  column("offered_hash", job.file.hash);
  column("description", job.file.description);
  column("mime_type", job.file.mime_type);
  column("path", job.path);
  column("source_device", job.source.device);
  column("source_inode", job.source.inode);
  column("source_size", job.source.size);
  column("source_modified_ns", job.source.modified_ns);
  column("source_changed_ns", job.source.changed_ns);
  column("state", job.state);
  column("reason", job.reason);
  column("error_name", job.error_name);
  column("error_detail", job.error_detail);
  column("priority", job.priority);
  column("methods", job.methods);
  column("method", job.method);
  column("route", job.route);
  column("host", job.host);
  column("port", job.port);
  column("transferred", job.transferred);
  column("resumed_from", job.offset);
  column("attempt", job.attempt);
  column("delivery", job.delivery);
  column("hash_state", job.hash_state);
  column("hash", job.hash);
  column("created_at", job.created_at);
  column("started_at", job.started_at);
  column("finished_at", job.finished_at);
  column("next_attempt_at", job.next_attempt_at);
  column("waiting_since", job.waiting_since);
  column("folder", job.folder);
  column("part_name", job.part_name);
  column("part_device", job.part.device);
  column("part_inode", job.part.inode);
  column("part_size", job.part.size);
  column("part_modified_ns", job.part.modified_ns);
  column("part_changed_ns", job.part.changed_ns);
  column("wanted_name", job.wanted_name);
  column("final_name", job.final_name);
  column("publishing", job.publishing);
  column("on_exists", job.on_exists);
  column("source_content", job.source.content, 2);
  column("unaware_since", job.unaware_since, 4);
  column("accepted", job.accepted, 5);
  column("file_id", job.file_id, 5);
  SizeUnknown size_unknown{job.file.size};
  column("size_unknown", size_unknown, 5);
}

// One overload a type: what it is in the database, and how it comes back. Identifiers of 64 bits
// (inodes) keep their bits, not their sign.
template <class T>
requires std::is_integral_v<T> Cell encode(T value) { return static_cast<std::int64_t>(value); }
template <class T>
requires std::is_enum_v<T> Cell encode(T value) { return std::string(to_string(value)); }
template <class E>
Cell encode(const Word<E>& word) {
  return std::string(to_string(word));
}
Cell encode(const std::string& text) { return text; }
Cell encode(const std::optional<std::uint64_t>& size) { return encode(size.value_or(0)); }
Cell encode(const SizeUnknown<const std::optional<std::uint64_t>>& unknown) {
  return encode(!unknown.size.has_value());
}
Cell encode(WallTime time) { return static_cast<std::int64_t>(time.time_since_epoch().count()); }
Cell encode(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? static_cast<std::int64_t>(time->time_since_epoch().count())
              : std::numeric_limits<std::int64_t>::min();
}
Cell encode(const std::optional<Hash>& hash) {
  return hash ? std::string(to_string(hash->algo)) + ":" + hash->hex : std::string();
}
Cell encode(const std::vector<MethodChoice>& methods) {
  std::string list;
  for (const auto& method : methods) list += (list.empty() ? "" : ",") + method.str();
  return list;
}

template <class T>
requires std::is_integral_v<T>
bool decode(Cell& cell, T& value) {
  const auto* number = std::get_if<std::int64_t>(&cell);
  if (number == nullptr) return false;
  value = static_cast<T>(*number);
  return sizeof(T) == sizeof *number || static_cast<std::int64_t>(value) == *number;
}
bool decode(Cell& cell, std::optional<std::uint64_t>& size) { return decode(cell, size.emplace()); }
/// After the size itself.
bool decode(Cell& cell, SizeUnknown<std::optional<std::uint64_t>>& unknown) {
  bool is_unknown = false;
  if (!decode(cell, is_unknown)) return false;
  if (is_unknown) unknown.size.reset();
  return true;
}
bool decode(Cell& cell, std::string& value) {
  auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return false;
  value = std::move(*text);
  return true;
}
bool decode(Cell& cell, Direction& value) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr || (*text != "out" && *text != "in")) return false;
  value = *text == "in" ? Direction::In : Direction::Out;
  return true;
}
/// Unknown is the last enumerator of each list of words.
template <class E>
bool decode(Cell& cell, Word<E>& value) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return false;
  for (int i = 0; i <= static_cast<int>(E::Unknown); ++i)
    if (to_string(static_cast<E>(i)) == *text) {
      value = static_cast<E>(i);
      return true;
    }
  value = Word<E>::unknown(*text);
  return true;
}
bool decode(Cell& cell, WallTime& value) {
  std::int64_t count = 0;
  if (!decode(cell, count)) return false;
  value = WallTime(std::chrono::microseconds(count));
  return true;
}
bool decode(Cell& cell, std::optional<std::chrono::sys_seconds>& value) {
  std::int64_t count = 0;
  if (!decode(cell, count)) return false;
  if (count != std::numeric_limits<std::int64_t>::min())
    value = std::chrono::sys_seconds(std::chrono::seconds(count));
  return true;
}
bool decode(Cell& cell, std::optional<Hash>& value) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return false;
  if (text->empty()) return true;
  const auto colon = text->find(':');
  const auto algo = hash_algo_from(std::string_view(*text).substr(0, colon));
  if (colon == std::string::npos || !algo) return false;
  value = Hash{*algo, text->substr(colon + 1)};
  return true;
}
/// A method that we do not know is for the job to tell when it is its turn.
bool decode(Cell& cell, std::vector<MethodChoice>& value) {
  const auto* text = std::get_if<std::string>(&cell);
  for (std::size_t start = 0; text != nullptr && start < text->size();) {
    const auto end = std::min(text->find(',', start), text->size());
    const auto slash = std::min(text->find('/', start), end);
    value.push_back({text->substr(start, slash - start),
                     slash == end ? "" : text->substr(slash + 1, end - slash - 1)});
    start = end + 1;
  }
  return text != nullptr && encode(value) == cell;
}

std::string shown(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return text ? in_quotes(*text, 60) : std::to_string(std::get<std::int64_t>(cell));
}

}  // namespace

const std::vector<JobColumn>& job_columns() {
  static const std::vector<JobColumn> columns = [] {
    std::vector<JobColumn> list;
    const JobRecord example;
    each_column(example, [&](std::string_view name, const auto& member, int since = 1) {
      list.push_back({name, std::holds_alternative<std::string>(encode(member)), since});
    });
    return list;
  }();
  return columns;
}

std::size_t column_count(int version) {
  const auto& columns = job_columns();
  return static_cast<std::size_t>(
      std::count_if(columns.begin(), columns.end(),
                    [version](const JobColumn& column) { return column.since <= version; }));
}

std::vector<Cell> to_cells(const JobRecord& record) {
  std::vector<Cell> cells;
  cells.reserve(job_columns().size());
  each_column(record, [&](std::string_view, const auto& member, int = 1) {
    cells.push_back(encode(member));
  });
  return cells;
}

Result<JobRecord> from_cells(std::vector<Cell> cells) {
  JobRecord record;
  std::string strange;
  auto cell = cells.begin();
  each_column(record, [&](std::string_view name, auto& member, int = 1) {
    if (cell == cells.end()) return;
    if (!decode(*cell, member) && strange.empty())
      strange = "its " + std::string(name) + " is " + shown(*cell);
    ++cell;
  });
  if (!strange.empty()) return Error{Errc::Config, strange};
  return record;
}

std::int64_t checksum(std::span<const Cell> cells) {
  std::uint64_t sum = 0xcbf29ce484222325u;
  const auto add = [&sum](const unsigned char* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum = (sum ^ bytes[i]) * 0x100000001b3u;
  };
  for (const Cell& cell : cells) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
      add(reinterpret_cast<const unsigned char*>(text->data()), text->size());
      // ends a text: "ab","c" is not "a","bc"
      add(reinterpret_cast<const unsigned char*>("\xff"), 1);
    } else {
      std::uint64_t number = static_cast<std::uint64_t>(std::get<std::int64_t>(cell));
      unsigned char bytes[8];
      for (auto& byte : bytes) {
        byte = static_cast<unsigned char>(number & 0xff);
        number >>= 8;
      }
      add(bytes, sizeof bytes);
    }
  }
  return static_cast<std::int64_t>(sum);
}

std::int64_t checkpoint_checksum(JobId id, std::uint64_t bytes) {
  const Cell cells[] = {static_cast<std::int64_t>(id), static_cast<std::int64_t>(bytes)};
  return checksum(cells);
}

}  // namespace xmppftd
