// SPDX-License-Identifier: MIT
#include "table.h"

#include <catch2/catch.hpp>
#include <clocale>
#include <sstream>

#include "failure.h"

namespace table_test {

using namespace xmppftctl;

namespace {

Table sample() {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Table table({{"id", "ID", true}, {"name", "NAME", false, true}, {"size", "SIZE", true}});
  table.add({"7", "notes.txt", {"1.2 KiB", "1229"}});
  table.add({"12", "a-very-long-file-name.tar", {"3.7 GiB", "3972844748"}});
  return table;
}

std::string text(const Table& table, std::size_t width) {
  std::ostringstream out;
  table.print(out, width);
  return out.str();
}

}  // namespace

TEST_CASE("a table lines up: numbers right, words left, no spaces at the end", "[table]") {
  CHECK(text(sample(), 0) ==
        "ID  NAME                          SIZE\n"
        " 7  notes.txt                  1.2 KiB\n"
        "12  a-very-long-file-name.tar  3.7 GiB\n");
}

TEST_CASE("a narrow terminal cuts the column that may shrink", "[table]") {
  CHECK(text(sample(), 24) ==
        "ID  NAME            SIZE\n"
        " 7  notes.txt    1.2 KiB\n"
        "12  a-very-lon…  3.7 GiB\n");
}

TEST_CASE("a terminal too narrow for all cuts the lines", "[table]") {
  std::istringstream lines(text(sample(), 12));
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 14);  // the ellipsis has 3 bytes
}

TEST_CASE("programs get raw values between tabs", "[table]") {
  std::ostringstream out;
  sample().print_plain(out);
  CHECK(out.str() == "7\tnotes.txt\t1229\n12\ta-very-long-file-name.tar\t3972844748\n");
}

TEST_CASE("a name with tabs and newlines cannot add fields or rows", "[table]") {
  Table table(std::vector<Table::Column>{{"name", "NAME"}});
  table.add({"a\tb\nc"});
  std::ostringstream out;
  table.print_plain(out);
  CHECK(out.str() == "abc\n");
}

TEST_CASE("columns are chosen by name, in any order", "[table]") {
  auto table = sample();
  table.choose({"size", "id"});
  std::ostringstream out;
  table.print_plain(out);
  CHECK(out.str() == "1229\t7\n3972844748\t12\n");
  CHECK_THROWS_MATCHES(table.choose({"colour"}), Failure,
                       Catch::Predicate<Failure>([](const Failure& f) {
                         return f.message == "no column 'colour'" && f.hint == "there are size, id";
                       }));
}

TEST_CASE("off a terminal one long cell does not pad the others", "[table]") {
  Table table({{"id", "ID", true}, {"name", "NAME", false, true}, {"size", "SIZE", true}});
  const std::string name(247, 'x');
  table.add({"7", "notes.txt", "1 KiB"});
  table.add({"8", name, "2 KiB"});
  std::istringstream lines(text(table, 0));
  std::string title, little, large;
  std::getline(lines, title), std::getline(lines, little), std::getline(lines, large);
  CHECK(title == "ID  NAME" + std::string(28, ' ') + "   SIZE");
  CHECK(little == " 7  notes.txt" + std::string(23, ' ') + "  1 KiB");
  CHECK(large == " 8  " + name + "  2 KiB");
}

TEST_CASE("no spaces stand at the end of a line, however wide another row's last cell is",
          "[table]") {
  Table table({{"key", "KEY"}, {"value", "VALUE"}});
  table.add({"a", "1"});
  table.add({"b", std::string(300, 'y')});
  for (const std::size_t width : {0, 40, 80}) {
    std::istringstream lines(text(table, width));
    for (std::string line; std::getline(lines, line);) CHECK_FALSE(line.ends_with(' '));
  }
}

}  // namespace table_test
