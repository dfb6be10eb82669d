// SPDX-License-Identifier: MIT
//
// What io/file.h promises, of the file threads and of the double that plays them: the same cases
// for both.
#include <fcntl.h>

#include <catch2/catch.hpp>

#include "files_stage.h"

namespace files_contract_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<FilesStage> any_stage() {
  if (GENERATE(true, false)) return std::make_unique<RealFiles>();
  return std::make_unique<DoubledFiles>();
}
/// For what shows only in folders, links, devices and descriptors.
std::unique_ptr<FilesStage> with_a_disk() { return std::make_unique<RealFiles>(); }

/// Asks, sees that nothing comes before the call returns, and waits for the one answer.
template <class T, class Ask>
Result<T> ask(FilesStage& stage, Ask ask_it) {
  Outcome<T> outcome;
  ask_it(stage.files(), outcome.callback());
  CHECK(outcome.calls == 0);
  stage.run_until([&] { return outcome.arrived(); });
  stage.settle();
  CHECK(outcome.calls == 1);
  return *std::move(outcome.result);
}

using Opened = std::shared_ptr<OpenFile>;
using Part = std::shared_ptr<PartFile>;

Result<Opened> open(FilesStage& stage, const std::string& name) {
  return ask<Opened>(
      stage, [&](Files& files, auto done) { files.open_source(stage / name, std::move(done)); });
}
Result<Opened> reopen(FilesStage& stage, const std::string& name, Opened held,
                      const FileIdentity& queued) {
  return ask<Opened>(stage, [&](Files& files, auto done) {
    files.reopen_source(stage / name, std::move(held), queued, std::move(done));
  });
}
Result<Part> create(FilesStage& stage, std::optional<std::uint64_t> size = 3) {
  return ask<Part>(stage, [&](Files& files, auto done) {
    files.create_part(stage.folder(), new_part_file_name(), size, 0, std::move(done));
  });
}
Result<std::string> publish(FilesStage& stage, const Part& part, const std::string& name,
                            bool overwrite = false) {
  return ask<std::string>(stage, [&](Files& files, auto done) {
    files.publish(part, name, overwrite, std::move(done));
  });
}
Result<Files::Found> find(FilesStage& stage, const std::string& part_name,
                          const std::string& final_name, const FileIdentity& identity) {
  return ask<Files::Found>(stage, [&](Files& files, auto done) {
    files.find_part(stage.folder(), part_name, final_name, identity, std::move(done));
  });
}
Result<void> discard(FilesStage& stage, const Part& part) {
  return ask<void>(stage, [&](Files& files, auto done) { files.discard(part, std::move(done)); });
}

template <class T>
Errc code_of(const Result<T>& result) {
  return result ? Errc::Internal : result.error().code;  // Internal stands for success
}

}  // namespace

TEST_CASE("contract: whose files lie on no disk", "[contract]") {
  WARN("SKIP FakeFiles: its disk is a table of names, without folders, links and descriptors");
}

TEST_CASE("contract: a source opens with its size, and a missing one names its path",
          "[contract]") {
  const auto stage = any_stage();
  stage->write("a", "content");
  const auto file = open(*stage, "a");
  REQUIRE(file);
  CHECK((*file)->identity.size == 7);
  CHECK(stage->holds("a", (*file)->identity));
  const auto missing = open(*stage, "b");
  CHECK(code_of(missing) == Errc::FileMissing);
  CHECK(missing.error().detail.find(*stage / "b") != std::string::npos);
}

TEST_CASE("contract: only a regular file is a source", "[contract]") {
  const auto stage = with_a_disk();
  std::filesystem::create_directory(*stage / "folder");
  std::filesystem::create_symlink("/etc/passwd", *stage / "link");
  REQUIRE(::mkfifo((*stage / "fifo").c_str(), 0600) == 0);
  for (const char* name : {"folder", "link", "fifo"})
    CHECK(code_of(open(*stage, name)) == Errc::NotRegularFile);
}

TEST_CASE("contract: a source opens again while it holds what was queued", "[contract]") {
  const auto stage = any_stage();
  stage->write("a", "content");
  const auto file = open(*stage, "a").value();
  const bool by_path = GENERATE(true, false);
  const auto held = by_path ? nullptr : file;
  CHECK(reopen(*stage, "a", held, file->identity));
  SECTION("other content") {
    stage->write("a", "changed");
    CHECK(code_of(reopen(*stage, "a", held, file->identity)) == Errc::FileChanged);
  }
  SECTION("more of it") {
    stage->write("a", "content and more");
    CHECK(code_of(reopen(*stage, "a", held, file->identity)) == Errc::FileChanged);
  }
  SECTION("gone") {
    stage->remove("a");
    CHECK(code_of(reopen(*stage, "a", held, file->identity)) ==
          (by_path ? Errc::FileMissing : Errc::Internal));
  }
}

TEST_CASE("contract: a descriptor is adopted with the path that leads to it", "[contract]") {
  const auto stage = with_a_disk();
  stage->write("a", "content");
  const auto adopt = [&](int flags, const std::string& path) {
    return ask<Files::Adopted>(*stage, [&](Files& files, auto done) {
      files.adopt_source(UniqueFd(::open((*stage / "a").c_str(), flags | O_CLOEXEC)), path,
                         std::move(done));
    });
  };
  CHECK(adopt(O_RDONLY, *stage / "a")->path == *stage / "a");
  CHECK(adopt(O_RDONLY, "/elsewhere")->path == *stage / "a");
  CHECK(adopt(O_RDONLY, "")->file->identity.size == 7);
  CHECK(code_of(adopt(O_WRONLY, "")) == Errc::BadFd);
}

TEST_CASE("contract: a place is looked at without touching it", "[contract]") {
  const auto stage = any_stage();
  const auto check = [&](std::optional<std::uint64_t> size) {
    return ask<void>(*stage, [&](Files& files, auto done) {
      files.check_place(stage->folder(), size, 0, std::move(done));
    });
  };
  CHECK(check(1000));
  CHECK(check(std::nullopt));
  CHECK(code_of(check(std::uint64_t{1} << 60)) == Errc::DiskFull);
  CHECK(stage->files().check_folder(stage->folder(), 10s));
  CHECK(stage->names().empty());
}

TEST_CASE("contract: of a file whose size is not known nothing is set aside", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage, std::nullopt);
  REQUIRE(part);
  CHECK_FALSE((*part)->reserved);
  CHECK(stage->is_there((*part)->name));
  const auto too_full = ask<Part>(*stage, [&](Files& files, auto done) {
    files.create_part(stage->folder(), new_part_file_name(), std::nullopt, std::uint64_t{1} << 60,
                      std::move(done));
  });
  CHECK(code_of(too_full) == Errc::DiskFull);
}

TEST_CASE("contract: what is no folder of ours is no place", "[contract]") {
  const auto stage = with_a_disk();
  const auto missing = stage->folder() + "/none";
  CHECK(code_of(stage->files().check_folder(missing, 10s)) == Errc::FileMissing);
  CHECK(code_of(ask<void>(*stage, [&](Files& files, auto done) {
          files.check_place(missing, 1, 0, std::move(done));
        })) == Errc::FileMissing);
  CHECK(code_of(ask<Part>(*stage, [&](Files& files, auto done) {
          files.create_part(missing, new_part_file_name(), 1, 0, std::move(done));
        })) == Errc::FileMissing);
}

TEST_CASE("contract: a name is taken or free, and a plain one is usable", "[contract]") {
  const auto stage = any_stage();
  stage->write("a", "content");
  const auto taken = [&](const std::string& name) {
    return ask<bool>(*stage,
                     [&](Files& files, auto done) {
                       files.is_taken(stage->folder(), name, std::move(done));
                     })
        .value();
  };
  CHECK(taken("a"));
  CHECK_FALSE(taken("b"));
  CHECK(ask<std::string>(*stage, [&](Files& files, auto done) {
          files.usable_name(stage->folder(), "report.pdf", std::move(done));
        }).value() == "report.pdf");
}

TEST_CASE("contract: a part has a name of its own, and room", "[contract]") {
  const auto stage = any_stage();
  const auto one = create(*stage), other = create(*stage);
  REQUIRE(one);
  REQUIRE(other);
  CHECK((*one)->name != (*other)->name);
  CHECK((*one)->folder_path == stage->folder());
  CHECK(stage->holds((*one)->name, (*one)->file->identity));
  const auto& name = (*one)->name;
  REQUIRE(name.size() == 8 + 16 + 5);
  CHECK(name.substr(0, 8) == ".xmppft-");
  CHECK(name.find_first_not_of("0123456789abcdef", 8) == 8 + 16);
  CHECK(name.ends_with(".part"));
  CHECK(code_of(create(*stage, std::uint64_t{1} << 60)) == Errc::DiskFull);
  CHECK(stage->names().size() == 2);
}

TEST_CASE("contract: a part under a name that is there already is no part", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  const auto again = ask<Part>(*stage, [&](Files& files, auto done) {
    files.create_part(stage->folder(), part->name, 3, 0, std::move(done));
  });
  CHECK(code_of(again) == Errc::Exists);
  CHECK(stage->holds(part->name, part->file->identity));
}

TEST_CASE("contract: a part is cut, and never made longer", "[contract]") {
  const auto stage = any_stage();
  auto part = create(*stage, 10).value();
  stage->write(part->name, "0123456");
  for (const std::uint64_t bytes : {3, 5}) {
    CHECK(ask<void>(
        *stage, [&](Files& files, auto done) { files.cut_part(part, bytes, std::move(done)); }));
    const auto kept = ask<Files::Kept>(*stage, [&](Files& files, auto done) {
      files.reopen_part(stage->folder(), part->name, part->file->identity, 9, 10, 0,
                        std::move(done));
    });
    CHECK(kept.value().bytes == 3);
  }
}

TEST_CASE("contract: a part that was kept opens again, cut to what is wanted of it", "[contract]") {
  const auto stage = any_stage();
  auto part = create(*stage, 10).value();
  const auto identity = part->file->identity;
  const auto name = part->name;
  stage->write(name, "0123456");
  const auto reopen = [&](std::uint64_t most, std::optional<std::uint64_t> size = 10) {
    return ask<Files::Kept>(*stage, [&](Files& files, auto done) {
      files.reopen_part(stage->folder(), name, identity, most, size, 0, std::move(done));
    });
  };
  CHECK(
      ask<void>(*stage, [&](Files& files, auto done) { files.sync_data(part, std::move(done)); }));
  part.reset();
  SECTION("all that is there") {
    const auto kept = reopen(9).value();
    CHECK(kept.bytes == 7);
    REQUIRE(kept.part);
    CHECK(kept.part->name == name);
    CHECK(kept.part->file->identity.inode == identity.inode);
    CHECK(publish(*stage, kept.part, "a"));
    CHECK(open(*stage, "a").value()->identity.size == 7);
  }
  SECTION("less of it") {
    CHECK(reopen(3).value().bytes == 3);
    CHECK(reopen(9).value().bytes == 3);
    CHECK(reopen(0).value().bytes == 0);
  }
  SECTION("longer than it can be: nothing of it counts") {
    CHECK(reopen(5, 6).value().bytes == 0);
    CHECK(reopen(9).value().bytes == 0);
  }
  SECTION("of unknown size: any of it counts, and nothing is set aside") {
    const auto kept = reopen(5, std::nullopt).value();
    CHECK(kept.bytes == 5);
    CHECK_FALSE(kept.part->reserved);
  }
  SECTION("gone") {
    stage->remove(name);
    CHECK(reopen(9).value().part == nullptr);
    CHECK(stage->names().empty());
  }
  SECTION("replaced by somebody") {
    stage->put(name, "abc");
    CHECK(reopen(9).value().part == nullptr);
    CHECK(open(*stage, name).value()->identity.size == 3);
  }
  SECTION("no room for the rest") {
    CHECK(code_of(reopen(9, std::uint64_t{1} << 60)) == Errc::DiskFull);
  }
}

TEST_CASE("contract: a part without an inode on record is whatever has its name", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  CHECK(find(*stage, part->name, "a", {}).value().state == PartState::Part);
  CHECK(find(*stage, new_part_file_name(), "a", {}).value().state == PartState::Gone);
  stage->write("a", "content");
  CHECK(find(*stage, new_part_file_name(), "a", {}).value().state == PartState::Gone);
}

TEST_CASE("contract: a part gets its name once it is durable; asked again, again", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  CHECK(ask<void>(*stage,
                  [&](Files& files, auto done) { files.sync_part(part, 0, std::move(done)); }));
  CHECK(code_of(ask<void>(*stage, [&](Files& files, auto done) {
          files.sync_part(part, 1, std::move(done));
        })) == Errc::Interrupted);
  CHECK(publish(*stage, part, "a").value() == stage->folder());
  CHECK(stage->names() == std::vector<std::string>{"a"});
  CHECK(stage->holds("a", part->file->identity));
  stage->link("a", part->name);  // as a daemon leaves it that dies in between
  CHECK(publish(*stage, part, "a").value() == stage->folder());
  CHECK(stage->names() == std::vector<std::string>{"a"});
}

TEST_CASE("contract: publishing replaces nothing unless told to", "[contract]") {
  const auto stage = any_stage();
  stage->write("a", "old");
  const auto old = open(*stage, "a").value()->identity;
  const auto part = create(*stage).value();
  CHECK(code_of(publish(*stage, part, "a")) == Errc::Exists);
  CHECK(stage->holds("a", old));
  CHECK(stage->is_there(part->name));
  CHECK(publish(*stage, part, "a", true));
  CHECK(stage->names() == std::vector<std::string>{"a"});
  CHECK(stage->holds("a", part->file->identity));
}

TEST_CASE("contract: what is not one component is no name", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  for (const char* name : {"", ".", "..", "a/b", "/a"})
    CHECK(code_of(publish(*stage, part, name)) == Errc::BadArgument);
  CHECK(stage->is_there(part->name));
}

TEST_CASE("contract: a part that somebody replaced is not published, nor is it lost",
          "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  stage->put(part->name, "somebody else's");
  CHECK(code_of(publish(*stage, part, "a")) == Errc::Interrupted);
  CHECK_FALSE(stage->is_there("a"));
  CHECK(discard(*stage, part));
  CHECK(
      ask<void>(*stage, [&](Files& files, auto done) { files.set_aside(part, std::move(done)); }));
  CHECK(stage->names() == std::vector<std::string>{part->name});
}

TEST_CASE("contract: a part is discarded, and again", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  CHECK(discard(*stage, part));
  CHECK(stage->names().empty());
  CHECK(discard(*stage, part));
}

TEST_CASE("contract: wrong content is kept under .bad", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  CHECK(
      ask<void>(*stage, [&](Files& files, auto done) { files.set_aside(part, std::move(done)); }));
  const auto bad = part->name.substr(0, part->name.size() - 5) + ".bad";
  CHECK(stage->names() == std::vector<std::string>{bad});
  CHECK(stage->holds(bad, part->file->identity));
}

TEST_CASE("contract: a part is found again where it stood", "[contract]") {
  const auto stage = any_stage();
  const auto part = create(*stage).value();
  const auto identity = part->file->identity;
  SECTION("as a part") {
    const auto found = find(*stage, part->name, "a", identity).value();
    CHECK(found.state == PartState::Part);
    REQUIRE(found.part);
    CHECK(found.part->name == part->name);
    CHECK(found.part->folder_path == stage->folder());
    CHECK(found.part->file->identity.inode == identity.inode);
    CHECK(publish(*stage, found.part, "a"));
  }
  SECTION("published") {
    REQUIRE(publish(*stage, part, "a"));
    const auto found = find(*stage, part->name, "a", identity).value();
    CHECK(found.state == PartState::Published);
    CHECK_FALSE(found.part);
  }
  SECTION("published, by a daemon that died before it took the old name away") {
    stage->link(part->name, "a");
    CHECK(find(*stage, part->name, "a", identity)->state == PartState::Published);
    CHECK(stage->names() == std::vector<std::string>{"a"});
  }
  SECTION("gone") {
    REQUIRE(discard(*stage, part));
    CHECK(find(*stage, part->name, "a", identity)->state == PartState::Gone);
  }
  SECTION("another's by now") {
    stage->put(part->name, "somebody else's");
    CHECK(find(*stage, part->name, "a", identity)->state == PartState::Gone);
    CHECK(stage->is_there(part->name));
  }
  SECTION("another's file under the final name") {
    stage->write("a", "old");
    CHECK(find(*stage, part->name, "a", identity)->state == PartState::Part);
  }
}

TEST_CASE("contract: once Files is gone nobody is called", "[contract]") {
  const auto stage = any_stage();
  stage->write("a", "content");
  Outcome<Opened> opened, again;
  Outcome<Part> created;
  Outcome<bool> taken;
  stage->files().open_source(*stage / "a", opened.callback());
  stage->files().reopen_source(*stage / "a", nullptr, {}, again.callback());
  stage->files().create_part(stage->folder(), new_part_file_name(), 1, 0, created.callback());
  stage->files().is_taken(stage->folder(), "a", taken.callback());
  stage->end();
  stage->settle();
  CHECK(opened.calls + again.calls + created.calls + taken.calls == 0);
}

}  // namespace files_contract_test
