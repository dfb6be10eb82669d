// SPDX-License-Identifier: MIT
#include "data/files.h"

#include <catch2/catch.hpp>

#include "temp_dir.h"
#include "test_core.h"

namespace files_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("files: a receive from part to name, each answer on core", "[files]") {
  const TempDir dir;
  TestCore core;
  ThreadedFiles files(core);
  Outcome<std::shared_ptr<PartFile>> created;
  files.create_part(dir.path(), new_part_file_name(), 3, 0, created.callback());
  CHECK(created.calls == 0);  // never before the call returns
  core.run_until([&] { return created.arrived(); });
  const auto part = created.result->value();
  REQUIRE(write_all(part->file->fd.get(), view_of("new"), 0));

  Outcome<void> synced, discarded;
  Outcome<std::string> published;
  Outcome<Files::Found> found;
  files.sync_part(part, 3, synced.callback());
  core.run_until([&] { return synced.arrived(); });
  CHECK(synced.result->ok());
  files.find_part(dir.path(), part->name, "a.txt", part->file->identity, found.callback());
  core.run_until([&] { return found.arrived(); });
  CHECK(found.result->value().state == PartState::Part);
  files.publish(part, "a.txt", false, published.callback());
  core.run_until([&] { return published.arrived(); });
  CHECK(published.result->ok());
  files.discard(part, discarded.callback());
  core.run_until([&] { return discarded.arrived(); });
  CHECK(read_file(dir / "a.txt") == "new");
}

TEST_CASE("files: sources are opened and adopted", "[files]") {
  const TempDir dir;
  TestCore core;
  ThreadedFiles files(core);
  write_file(dir / "a", "hello");
  Outcome<std::shared_ptr<OpenFile>> opened, missing;
  Outcome<Files::Adopted> adopted;
  files.open_source(dir / "a", opened.callback());
  files.adopt_source(UniqueFd(::open((dir / "a").c_str(), O_RDONLY | O_CLOEXEC)), "",
                     adopted.callback());
  files.open_source(dir / "b", missing.callback());
  core.run_until([&] { return opened.arrived() && adopted.arrived() && missing.arrived(); });
  CHECK(opened.result->value()->identity == adopted.result->value().file->identity);
  CHECK(adopted.result->value().path == dir / "a");
  CHECK(missing.error() == Errc::FileMissing);
}

TEST_CASE("files: a name is taken by whatever has it", "[files]") {
  const TempDir dir;
  TestCore core;
  ThreadedFiles files(core);
  write_file(dir / "a", "hello");
  ::symlink("nowhere", (dir / "link").c_str());
  Outcome<bool> file, link, none, no_folder;
  files.is_taken(dir.path(), "a", file.callback());
  files.is_taken(dir.path(), "link", link.callback());
  files.is_taken(dir.path(), "b", none.callback());
  files.is_taken(dir / "none", "b", no_folder.callback());
  core.run_until(
      [&] { return file.arrived() && link.arrived() && none.arrived() && no_folder.arrived(); });
  CHECK(file.result->value());
  CHECK(link.result->value());
  CHECK_FALSE(none.result->value());
  CHECK(no_folder.error() == Errc::FileMissing);
}

TEST_CASE("files: wrong content is set aside", "[files]") {
  const TempDir dir;
  TestCore core;
  ThreadedFiles files(core);
  Outcome<std::shared_ptr<PartFile>> created;
  Outcome<void> aside;
  files.create_part(dir.path(), new_part_file_name(), 0, 0, created.callback());
  core.run_until([&] { return created.arrived(); });
  const auto part = created.result->value();
  files.set_aside(part, aside.callback());
  core.run_until([&] { return aside.arrived(); });
  CHECK(aside.result->ok());
  CHECK_FALSE(exists(dir / part->name));
}

TEST_CASE("files: nobody is called once Files is gone", "[files]") {
  const TempDir dir;
  TestCore core;
  Outcome<std::shared_ptr<OpenFile>> opened;
  write_file(dir / "a", "hello");
  {
    ThreadedFiles files(core);
    files.open_source(dir / "a", opened.callback());
    core.await_posted(1);
  }
  core.run_pending();
  CHECK(opened.calls == 0);
}

}  // namespace files_test
