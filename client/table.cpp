// SPDX-License-Identifier: MIT
#include "table.h"

#include <algorithm>
#include <numeric>

#include "failure.h"
#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeast = 8;    // a shrinking column keeps this much
constexpr std::size_t kWidest = 32;  // what a cell is padded to where nothing is cut

}  // namespace

void Table::choose(const std::vector<std::string>& keys) {
  std::vector<std::size_t> picked;
  for (const auto& key : keys) {
    const auto at = std::find_if(columns_.begin(), columns_.end(),
                                 [&](const Column& c) { return c.key == key; });
    if (at == columns_.end()) {
      std::string there;
      for (const auto& column : columns_) there += (there.empty() ? "" : ", ") + column.key;
      throw usage("no column '" + printable(key) + "'", "there are " + there);
    }
    picked.push_back(static_cast<std::size_t>(at - columns_.begin()));
  }
  const auto pick = [&](const auto& from) {
    std::decay_t<decltype(from)> out;
    for (const auto i : picked) out.push_back(from[i]);
    return out;
  };
  for (auto& row : rows_) row = pick(row);
  columns_ = pick(columns_);
}

void Table::print(std::ostream& out, std::size_t width) const {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : columns_) lines[0].push_back(column.title);
  for (const auto& row : rows_) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(printable(cell.human));
  }
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], display_width(line[i]));
  }

  // Too wide: the widest column that may shrink gives way, one step at a time.
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  };
  while (width != 0 && total() > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (!columns_[i].shrinks || widths[i] <= kLeast) continue;
      if (widest == widths.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == widths.size()) break;
    --widths[widest];
  }

  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string cell = width == 0 ? line[i] : cut(line[i], widths[i]);
      const std::size_t wide = display_width(cell);
      const std::size_t column = width == 0 ? std::min(widths[i], kWidest) : widths[i];
      const std::string pad(wide < column ? column - wide : 0, ' ');
      text += columns_[i].right ? pad + cell : cell + pad;
      text.append(kGap, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << (width == 0 ? text : cut(text, width)) << '\n';
  }
}

void Table::print_plain(std::ostream& out) const {
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) out << (i ? "\t" : "") << printable(row[i].plain);
    out << '\n';
  }
}

}  // namespace xmppftctl
