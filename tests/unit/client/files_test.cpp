// SPDX-License-Identifier: MIT
#include "files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "failure.h"

namespace files_test {

using namespace xmppftctl;
namespace fs = std::filesystem;

namespace {

/// A folder of this test's own, gone at its end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "client-test-XXXXXX").string();
    path = fs::canonical(::mkdtemp(name.data())).string();
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const std::string& name, const std::string& content = "x") const {
    std::ofstream(path + "/" + name) << content;
    return path + "/" + name;
  }
  std::string path;
};

Failure failure_of(const std::vector<std::string>& files) {
  try {
    check_files(files);
  } catch (const Failure& failure) {
    return failure;
  }
  return {};
}

}  // namespace

TEST_CASE("every path survives the way through a URI", "[files]") {
  const std::string path = "/a b/100% ä#?\xff\n;~.txt";
  CHECK(uri_of_path(path) == "file:///a%20b/100%25%20%C3%A4%23%3F%FF%0A%3B~.txt");
  CHECK(path_of_uri(uri_of_path(path)) == path);
  CHECK(path_of_uri("file:///a%2") == "/a%2");
  CHECK(path_of_uri("http://x/").empty());
  CHECK(path_of_uri("").empty());
}

TEST_CASE("files to send are resolved, with their sizes", "[files]") {
  const Folder folder;
  const auto real = folder.file("real.bin", "12345");
  fs::create_symlink(real, folder.path + "/link");
  const auto files = check_files({folder.path + "/link", folder.path + "/./real.bin"});
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == real);
  CHECK(files[0].name == "link");
  CHECK(files[1].path == real);
  CHECK(files[0].size == 5);
}

TEST_CASE("one bad file of several: each is named with its reason", "[files]") {
  const Folder folder;
  ::mkfifo((folder.path + "/fifo").c_str(), 0600);
  const auto failure =
      failure_of({folder.file("good"), folder.path + "/none", folder.path, folder.path + "/fifo"});
  CHECK(failure.name == error::kUnreadable);
  CHECK(failure.message.find("3 of 4 files") == 0);
  CHECK(failure.message.find("/none: No such file or directory") != std::string::npos);
  CHECK(failure.message.find(folder.path + ": is a directory") != std::string::npos);
  CHECK(failure.message.find("/fifo: is a FIFO") != std::string::npos);
  CHECK(failure.hint.find("tar c") != std::string::npos);
  CHECK(failure_of({folder.path}).name == error::kNotRegularFile);
}

TEST_CASE("where an accepted file goes", "[files]") {
  const Folder folder;
  CHECK(target_uri(folder.path) == uri_of_path(folder.path) + "/");
  CHECK(target_uri(folder.path + "/") == uri_of_path(folder.path) + "/");
  CHECK(target_uri(folder.path + "/new name") == uri_of_path(folder.path) + "/new%20name");
  CHECK_THROWS_AS(target_uri(folder.path + "/missing/"), Failure);
  CHECK_THROWS_AS(target_uri(folder.path + "/missing/x"), Failure);
  CHECK_THROWS_AS(folder_uri(folder.file("file")), Failure);
}

TEST_CASE("standard input is kept in a file without a name", "[files]") {
  const Folder folder;
  ::setenv("TMPDIR", folder.path.c_str(), 1);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "hello", 5) == 5);
  ::close(ends[1]);
  std::uint64_t size = 0;
  const int fd = spool(ends[0], size);
  ::close(ends[0]);
  ::unsetenv("TMPDIR");
  char text[8] = {};
  CHECK(size == 5);
  CHECK(::read(fd, text, sizeof text) == 5);
  CHECK(std::string(text) == "hello");
  struct stat info {};
  ::fstat(fd, &info);
  CHECK(info.st_nlink == 0);
  CHECK(fs::is_empty(folder.path));
  ::close(fd);
}

TEST_CASE("our home is ~", "[files]") {
  ::setenv("HOME", "/home/ann", 1);
  CHECK(short_path("/home/ann/x") == "~/x");
  CHECK(short_path("/home/anna/x") == "/home/anna/x");
  CHECK(short_path("/home/ann") == "~");
}

}  // namespace files_test
