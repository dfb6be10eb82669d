// SPDX-License-Identifier: MIT
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace xmppftctl {

/// One answer in rows. The same rows print as a table for people or tab-separated for programs.
class Table {
 public:
  struct Column {
    std::string key;       ///< what --columns calls it
    std::string title;     ///< "SIZE"
    bool right = false;    ///< numbers stand right
    bool shrinks = false;  ///< may be cut when the terminal is narrow
  };
  struct Cell {
    std::string human;  ///< for the table; made printable here
    std::string plain;  ///< for --plain: raw numbers, no units
    Cell(std::string both) : human(both), plain(std::move(both)) {}
    Cell(const char* both) : Cell(std::string(both)) {}
    Cell(std::string for_people, std::string for_programs)
        : human(std::move(for_people)), plain(std::move(for_programs)) {}
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  /// Keeps these columns, in this order. Throws a usage Failure that names the columns there are.
  void choose(const std::vector<std::string>& keys);

  /// Title line and rows, two spaces between columns, every line at most `width` columns wide. 0 =
  /// no limit: nothing is cut, but one long cell does not pad all the others (at most 32 columns).
  void print(std::ostream& out, std::size_t width) const;
  /// Tab-separated, no title.
  void print_plain(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace xmppftctl
