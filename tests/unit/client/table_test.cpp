// SPDX-License-Identifier: MIT
#include "table.h"

#include <catch2/catch.hpp>
#include <clocale>
#include <sstream>

#include "failure.h"

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
