// SPDX-License-Identifier: MIT
#include "sqlite/raw_rows.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>

namespace xmppftd {
namespace {

constexpr std::size_t kPage = PageImage::kPageSize;
constexpr unsigned kLeaf = 0x0d;  // a leaf of a table with row ids
constexpr std::size_t kLeafHeader = 8;
constexpr std::size_t kMostOfARow = 1 << 20;
/// What of a row's content fits into its page: more goes on in pages of its own.
constexpr std::size_t kMostInPage = kPage - 35, kLeastInPage = (kPage - 12) * 32 / 255 - 23;

using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// Reads numbers and bytes off the front; `ok` ends when there is not enough.
struct Reader {
  std::string_view bytes;
  std::size_t at = 0;
  bool ok = true;

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < 9 && at < bytes.size(); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      if (i == 8) return value << 8 | byte;
      value = value << 7 | (byte & 0x7f);
      if ((byte & 0x80) == 0) return value;
    }
    ok = false;
    return 0;
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes.size() - at) {
      ok = false;
      return {};
    }
    at += count;
    return bytes.substr(at - count, count);
  }
};

std::int64_t signed_number(std::string_view bytes) {
  std::uint64_t value = static_cast<signed char>(bytes[0]) < 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

/// The values of a record; empty where it is none.
std::vector<Value> values_of(std::string_view record) {
  Reader header{record};
  const auto size = header.varint();
  if (!header.ok || size > record.size() || size > 1000) return {};
  header.bytes = record.substr(0, size);
  Reader body{record, size};
  std::vector<Value> values;
  while (header.ok && body.ok && header.at < size) {
    const auto type = header.varint();
    constexpr std::uint64_t kSizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type >= 13 && type % 2 == 1) {
      values.emplace_back(std::string(body.take((type - 13) / 2)));
    } else if (type == 0) {
      values.emplace_back();
    } else if (type == 8 || type == 9) {
      values.emplace_back(static_cast<std::int64_t>(type - 8));
    } else if (type < 7) {
      const auto bytes = body.take(kSizes[type]);
      values.emplace_back(body.ok ? signed_number(bytes) : 0);
    } else {
      return {};  // no column of ours is a fraction or a blob
    }
  }
  return header.ok && body.ok ? values : std::vector<Value>{};
}

class Finder {
 public:
  Finder(const PageImage& image, Database& schema, int version) : image_(image), version_(version) {
    auto columns = schema.prepare("SELECT name, dflt_value FROM pragma_table_info('jobs')");
    if (!columns) return;
    for (auto row = columns->step(); row && *row; row = columns->step()) {
      places_[columns->text(0)] = defaults_.size();
      defaults_.push_back(columns->number(1));
    }
  }

  std::vector<JobRow> rows() {
    if (defaults_.empty()) return {};
    for (const auto& [number, page] : image_.pages())
      if (number != 1) look(page);
    for (const auto& page : image_.doubtful()) look(page);
    // What pages hold beyond what their header says may be left over from earlier times.
    for (auto& [id, found] : beyond_) found_.try_emplace(id, std::move(found));
    std::vector<JobRow> rows;
    rows.reserve(found_.size());
    for (auto& [id, found] : found_) rows.push_back(std::move(found.row));
    return rows;
  }

 private:
  struct Found {
    std::size_t order;
    JobRow row;
  };
  using FoundRows = std::map<JobId, Found>;
  struct Cell {
    std::size_t size = 0;  ///< in its page; 0: it is none
    std::string content;
    std::int64_t id = 0;
  };

  static std::uint32_t two(std::string_view page, std::size_t at) {
    return big_endian(page, at, 2);
  }

  Cell cell_at(std::string_view page, std::size_t at) const {
    Reader reader{page, at};
    const auto size = reader.varint();
    Cell cell;
    cell.id = static_cast<std::int64_t>(reader.varint());
    if (!reader.ok || size > kMostOfARow || size == 0) return {};
    std::size_t here = size;
    if (size > kMostInPage) {
      here = kLeastInPage + (size - kLeastInPage) % (kPage - 4);
      if (here > kMostInPage) here = kLeastInPage;
    }
    cell.content = reader.take(here);
    if (size > here) {
      auto next = reader.take(4);
      while (reader.ok && cell.content.size() < size) {
        const auto page_there = image_.pages().find(big_endian(next, 0, 4));
        if (page_there == image_.pages().end()) return {};
        const auto bytes = page_there->second.bytes;
        cell.content += bytes.substr(4, size - cell.content.size());
        next = bytes.substr(0, 4);
      }
    }
    if (!reader.ok) return {};
    cell.size = std::max<std::size_t>(reader.at - at, 4);
    return cell;
  }

  /// Do the cells, the free blocks and the fragments make up what the header says?
  bool adds_up(std::string_view page, const std::vector<std::pair<std::size_t, std::size_t>>& cells,
               std::size_t pointers_end) const {
    std::vector<bool> used(kPage);
    auto content = static_cast<std::size_t>(two(page, 5));
    if (content < pointers_end || content > kPage) return false;
    const auto use = [&](std::size_t at, std::size_t size) {
      if (at < content || at + size > kPage) return false;
      for (std::size_t i = at; i < at + size; ++i) {
        if (used[i]) return false;
        used[i] = true;
      }
      return true;
    };
    for (const auto& [at, size] : cells)
      if (size == 0 || !use(at, size)) return false;
    for (std::size_t block = two(page, 1), steps = 0; block != 0; block = two(page, block))
      if (block + 4 > kPage || ++steps > kPage / 4 || two(page, block + 2) < 4 ||
          !use(block, two(page, block + 2)))
        return false;
    const auto unused =
        std::count(used.begin() + static_cast<std::ptrdiff_t>(content), used.end(), false);
    return unused == static_cast<unsigned char>(page[7]);
  }

  void look(const PageImage::Version& version) {
    const auto page = version.bytes;
    // A flipped bit may have changed the kind of the page. The pages of long texts and free ones
    // begin with 0, so what a peer wrote is never taken for a leaf.
    if (std::popcount(static_cast<unsigned char>(page[0]) ^ kLeaf) > 1) return;
    const std::size_t count = two(page, 3);
    const auto said_end = kLeafHeader + 2 * count;
    std::vector<std::pair<std::size_t, std::size_t>> extents;
    if (static_cast<unsigned char>(page[0]) == kLeaf && said_end <= kPage)
      for (std::size_t i = 0; i < count; ++i) {
        const auto at = two(page, kLeafHeader + 2 * i);
        extents.emplace_back(at, at < kPage ? cell_at(page, at).size : 0);
      }
    const bool sure = extents.size() == count && adds_up(page, extents, said_end);
    std::size_t content = kPage;
    for (std::size_t at = kLeafHeader; at + 2 <= content && (!sure || at < said_end); at += 2) {
      const std::size_t where = two(page, at);
      if (where < kLeafHeader || where + 4 > kPage) continue;
      const auto cell = cell_at(page, where);
      auto row = cell.size != 0 ? row_of(cell) : std::nullopt;
      if (!row) continue;
      if (!sure) content = std::min(content, where);
      auto& rows = sure || at < said_end ? found_ : beyond_;
      const auto id = static_cast<JobId>(cell.id);
      const auto there = rows.find(id);
      if (there == rows.end())
        rows.emplace(id, Found{version.order, std::move(*row)});
      else if (there->second.order < version.order)
        there->second = {version.order, std::move(*row)};
    }
  }

  std::optional<JobRow> row_of(const Cell& cell) const {
    const auto values = values_of(cell.content);
    if (values.size() < column_count(1)) return {};
    bool fits = true;
    const auto number = [&](std::string_view name) -> std::int64_t {
      const auto place = places_.find(std::string(name));
      if (place == places_.end()) return fits = false;
      if (place->second >= values.size()) return defaults_[place->second];
      const auto* value = std::get_if<std::int64_t>(&values[place->second]);
      return value ? *value : (fits = false);
    };
    const auto text = [&](std::string_view name) -> std::string {
      const auto place = places_.find(std::string(name));
      if (place == places_.end() || place->second >= values.size()) return {};
      const auto* value = std::get_if<std::string>(&values[place->second]);
      if (value == nullptr) fits = false;
      return value ? *value : std::string();
    };
    JobRow row;
    row.cells.reserve(column_count(version_));
    row.cells.emplace_back(cell.id);  // stands as the number of the row
    for (std::size_t i = 1; fits && i < column_count(version_); ++i) {
      const auto& column = job_columns()[i];
      if (column.is_text)
        row.cells.emplace_back(text(column.name));
      else
        row.cells.emplace_back(number(column.name));
    }
    row.checksum = number("checksum");
    row.covered = says_covered(version_) ? number("checksum_columns")
                                         : 50 + (version_ > 1 && number("source_content") != 0);
    if (!fits || !is_sound(row)) return {};
    return row;
  }

  const PageImage& image_;
  const int version_;
  std::unordered_map<std::string, std::size_t> places_;  // of the columns in a record
  std::vector<std::int64_t> defaults_;
  FoundRows found_, beyond_;
};

}  // namespace

std::vector<JobRow> raw_rows(const PageImage& image, Database& schema, int version) {
  return Finder(image, schema, version).rows();
}

}  // namespace xmppftd
