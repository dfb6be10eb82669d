// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "data/content.h"
#include "data/file_io.h"
#include "io/file.h"

namespace xmppftd::test {

/// A folder of our own, gone with its content at the end of the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "xmppft-data-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// Bytes that differ at every place a mix-up could put them.
inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// Opened for reading and writing, with its identity as of now. Its times lie in the past, so that
/// any write shows.
inline std::shared_ptr<OpenFile> open_file(const std::string& path) {
  auto file = std::make_shared<OpenFile>();
  file->fd.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const struct timespec past[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ::futimens(file->fd.get(), past);
  file->identity = marked_identity_of(file->fd.get()).value();
  return file;
}

inline std::shared_ptr<OpenFile> file_with(const std::string& path, std::string_view content) {
  write_file(path, content);
  return open_file(path);
}

}  // namespace xmppftd::test
