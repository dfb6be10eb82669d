// SPDX-License-Identifier: MIT
//
// Names that file systems refuse, each in its own way. The doubles here take names by the rules of
// FAT and exFAT, of one for ASCII alone and of one for short names, with every errno seen of them.
#include "data/usable_name.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "data/part_file.h"
#include "model/plain_name.h"
#include "temp_dir.h"

namespace usable_name_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

bool fat(const std::string& name) {
  return name.find_first_of("\"*:<>?\\|\x01\x1f") == std::string::npos && name.back() != '.' &&
         name.back() != ' ' && name.size() <= 255;
}
bool ascii(const std::string& name) {
  for (const char c : name)
    if (c < 0) return false;
  return fat(name);
}
bool few_bytes(const std::string& name) { return name.size() <= 143; }

struct Rules {
  bool (*takes)(const std::string&);
  int refusal;
} rules;

int trial(int folder, const std::string& name) {
  return rules.takes(name) ? try_name(folder, name) : rules.refusal;
}
int renamer(int folder, const std::string& from, const std::string& to) {
  return rules.takes(to) ? rename_no_replace(folder, from, to) : rules.refusal;
}

/// Every refused character first, in the middle and last; ends; devices; lengths.
std::vector<std::string> hard_names() {
  std::vector<std::string> names = {"a.",
                                    "a ",
                                    "a. . ",
                                    "...x..",
                                    "CON",
                                    "con.txt",
                                    "LPT1",
                                    "Com9.tar",
                                    "nul .md",
                                    "aux.",
                                    std::string(255, 'n'),
                                    std::string(251, 'n') + ".tar"};
  for (const char c : std::string("\"*:<>?\\|\x01\x1f")) {
    names.push_back(std::string(1, c) + "a.txt");
    names.push_back(std::string("wh") + c + "t.txt");
    names.push_back(std::string("what.txt") + c);
    names.push_back(std::string(254, 'n') + c);
  }
  names.push_back("r\xc3\xa9sum\xc3\xa9?.pdf");
  std::string umlauts;
  for (int i = 0; i < 120; ++i) umlauts += "\xc3\xbc";
  names.push_back(umlauts + "?.jpg");
  names.push_back("\xf0\x9f\x98\x80");
  return names;
}

constexpr int kErrors[] = {EINVAL, ENAMETOOLONG, EILSEQ, EACCES, ENOENT, EPERM, EPROTO, ENOTSUP};

}  // namespace

TEST_CASE("names: plainer ones end in one that every file system takes", "[names]") {
  for (const auto& name : hard_names()) {
    INFO(name);
    const auto names = plainer_names(name);
    REQUIRE_FALSE(names.empty());
    CHECK(names.back() == "file");
    CHECK(fat(names.front()));
    CHECK(is_plain_everywhere(names.back()));
    for (const auto& plainer : names) {
      CHECK(plainer != name);
      CHECK(plainer.find('/') == std::string::npos);
      CHECK(plainer.size() <= 256);
    }
  }
  CHECK(plainer_names("what?.txt").front() == "what_.txt");
  CHECK(plainer_names("end. .").front() == "end___");
  CHECK(plainer_names("con.txt").front() == "_con.txt");
  CHECK(plainer_names("file").empty());
  const auto cut_to_device = plainer_names("con" + std::string(120, ' ') + "x.txt");
  CHECK(is_plain_everywhere(cut_to_device.front()));
  CHECK(is_plain_everywhere("notes (2).txt"));
  CHECK_FALSE(is_plain_everywhere("12:30.png"));
}

TEST_CASE("names: what a file system refuses is found out before, out of sight", "[names]") {
  for (const auto takes : {fat, ascii, few_bytes})
    for (const int refusal : kErrors) {
      rules = {takes, refusal};
      for (const auto& name : hard_names()) {
        INFO(name << ", errno " << refusal);
        const TempDir dir;
        const UniqueFd folder(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
        const auto usable = usable_name(folder.get(), name, trial);
        CHECK(takes(usable));
        if (takes(name)) CHECK(usable == name);
        CHECK(std::filesystem::is_empty(dir.path()));
      }
    }
}

TEST_CASE("names: a full or broken disk is not the name's fault", "[names]") {
  for (const int trouble : {ENOSPC, EDQUOT, EROFS, EIO, ENOTCONN, ESTALE}) {
    rules = {[](const std::string&) { return false; }, trouble};
    const TempDir dir;
    const UniqueFd folder(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
    CHECK(usable_name(folder.get(), "what?.txt", trial) == "what?.txt");
    const auto part = create_part_file(dir.path(), new_part_file_name(), 0, 0).value();
    const Renamer renamers[] = {renamer};
    CHECK(publish_part_file(*part, "what?.txt", false, renamers, trial).error().code !=
          Errc::BadArgument);
    CHECK(exists(dir / part->name));
  }
}

TEST_CASE("publish: a refused name is told as such, and the next one will do", "[publish]") {
  for (const auto takes : {fat, ascii, few_bytes})
    for (const int refusal : kErrors) {
      rules = {takes, refusal};
      const Renamer renamers[] = {renamer};
      for (const auto& name : hard_names()) {
        INFO(name << ", errno " << refusal);
        const TempDir dir;
        const auto part = create_part_file(dir.path(), new_part_file_name(), 0, 0).value();
        auto published = publish_part_file(*part, name, false, renamers, trial);
        if (takes(name)) {
          CHECK(published);
          continue;
        }
        REQUIRE_FALSE(published);
        CHECK(published.error().code == Errc::BadArgument);
        for (const auto& plainer : plainer_names(name)) {
          if (published) break;
          published = publish_part_file(*part, plainer, false, renamers, trial);
        }
        CHECK(published);
        CHECK_FALSE(exists(dir / part->name));
      }
    }
}

TEST_CASE("publish: a folder that takes no name at all is not told as a refused name",
          "[publish]") {
  rules = {[](const std::string&) { return false; }, EACCES};
  const TempDir dir;
  const auto part = create_part_file(dir.path(), new_part_file_name(), 0, 0).value();
  const Renamer renamers[] = {renamer};
  const auto published = publish_part_file(*part, "a.txt", false, renamers, trial);
  REQUIRE_FALSE(published);
  CHECK(published.error().code == Errc::Unreadable);
}

}  // namespace usable_name_test
