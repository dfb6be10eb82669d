// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace xmppftd {

/// Bytes [offset, offset + length) of a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  /// Its end is that of its stream, and `length` is the most it may be. Can be received, not sent.
  bool open = false;
  /// What comes from `offset` on of a file whose size is not known, and is `most` bytes at most.
  static ByteRange up_to(std::uint64_t most, std::uint64_t offset = 0) noexcept {
    return {offset, most - offset, true};
  }
  std::uint64_t end() const noexcept { return offset + length; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What one peer tells the other about a file. Never a path: `name` comes from safe_file_name() or
/// from our own disk.
struct FileInfo {
  std::string name;
  std::optional<std::uint64_t> size = 0;             ///< bytes; none: not known before its end
  std::optional<std::chrono::sys_seconds> modified;  ///< XEP-0096 date, UTC
  std::optional<Hash> hash;                          ///< of the whole file
  std::string description;                           ///< at most 1 KiB
  std::string mime_type;                             ///< at most 128 bytes
  /// Of our own files, of those that SI offers and of those that are here, which all have one.
  std::uint64_t known_size() const { return size.value(); }
};

/// Makes a peer's file name safe to create: the part after the last '/' or '\', no
/// percent-decoding; invalid UTF-8 and hidden characters (base/text.h) become '_'; a leading '.',
/// '-', '~' or space becomes '_'; trailing dots and spaces are cut; empty becomes "file"; at most
/// 255 bytes, cut on a character, an extension of up to 16 bytes is kept. Idempotent.
std::string safe_file_name(std::string_view from_peer);

/// "notes.txt", 2 -> "notes (2).txt", still at most 255 bytes.
std::string numbered_file_name(std::string_view safe_name, unsigned number);

inline constexpr std::string_view kPartFileSuffix = ".part";
inline constexpr std::string_view kBadFileSuffix = ".bad";  ///< of one with the wrong content
/// A name for the file that bytes are received into, ".xmppft-<16 hex>.part": no two are the same.
std::string new_part_file_name();
/// Is it one of those names, with this suffix?
bool is_part_file_name(std::string_view name, std::string_view suffix) noexcept;

/// Peer's free text (description, MIME type): hidden characters (base/text.h) removed, at most
/// `max_bytes`, valid UTF-8.
std::string safe_text(std::string_view from_peer, std::size_t max_bytes);

}  // namespace xmppftd
