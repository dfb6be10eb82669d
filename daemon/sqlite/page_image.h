// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace xmppftd {

/// The pages of a database that SQLite itself may not read any more, as they stand in its file and
/// its write-ahead log (https://www.sqlite.org/fileformat.html). SQLite drops all of a log that
/// follows a damaged frame; here each frame is looked at alone, up to the last one that ends a
/// transaction.
class PageImage {
 public:
  static constexpr std::size_t kPageSize = 4096;

  /// What cannot be read counts as not there.
  PageImage(const std::string& database, const std::string& log);

  /// One state of a page. A later one tells of later times.
  struct Version {
    std::size_t order;  ///< 0: of the file, else of that frame
    std::string_view bytes;
  };
  /// The last state of each page; and what stood in damaged frames, whose number may be wrong.
  const std::map<std::uint32_t, Version>& pages() const { return pages_; }
  const std::vector<Version>& doubtful() const { return doubtful_; }
  /// PRAGMA user_version, as it stands there.
  std::uint32_t user_version() const;

 private:
  void read_log();
  std::string file_, log_;
  std::map<std::uint32_t, Version> pages_;
  std::vector<Version> doubtful_;
};

/// Numbers of the file format: most significant byte first.
std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count);

}  // namespace xmppftd
