// SPDX-License-Identifier: MIT
#include "sqlite/page_image.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 29;  // of a file; ours have a few megabytes
constexpr std::size_t kLogHeader = 32, kFrameHeader = 24;
constexpr std::size_t kFrame = kFrameHeader + PageImage::kPageSize;

std::string content_of(const std::string& path) {
  std::string content;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return content;
  char part[65536];
  while (content.size() < kMost) {
    // A sector that cannot be read leaves zeros.
    const auto got = ::pread(fd.get(), part, sizeof part, static_cast<off_t>(content.size()));
    if (got == 0) break;
    if (got > 0)
      content.append(part, static_cast<std::size_t>(got));
    else if (static_cast<off_t>(content.size()) < ::lseek(fd.get(), 0, SEEK_END))
      content.append(512, '\0');
    else
      break;
  }
  return content;
}

struct Sums {
  std::uint32_t first, second;
  friend bool operator==(const Sums&, const Sums&) = default;
};
void add(Sums& sums, std::string_view bytes, bool big) {
  const auto word = [&](std::size_t at) {
    const auto value = big_endian(bytes, at, 4);
    return big ? value : __builtin_bswap32(value);
  };
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sums.first += word(at) + sums.second;
    sums.second += word(at + 4) + sums.first;
  }
}

}  // namespace

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

PageImage::PageImage(const std::string& database, const std::string& log)
    : file_(content_of(database)), log_(content_of(log)) {
  const std::string_view file(file_);
  for (std::size_t at = 0; at + kPageSize <= file.size(); at += kPageSize)
    pages_[static_cast<std::uint32_t>(at / kPageSize + 1)] = {0, file.substr(at, kPageSize)};
  read_log();
}

std::uint32_t PageImage::user_version() const {
  const auto first = pages_.find(1);
  return first == pages_.end() ? 0 : big_endian(first->second.bytes, 60, 4);
}

void PageImage::read_log() {
  const std::string_view log(log_);
  std::vector<std::string_view> frames;
  for (std::size_t at = kLogHeader; at + kFrame <= log.size(); at += kFrame)
    frames.push_back(log.substr(at, kFrame));
  if (frames.empty()) return;
  const auto salt = [](std::string_view frame) { return frame.substr(8, 8); };
  // Frames of this turn of the log have its salt; one of three places may be damaged.
  auto ours = log.substr(16, 8);
  if (frames.size() > 1 && salt(frames[0]) != ours && salt(frames[0]) == salt(frames[1]))
    ours = salt(frames[0]);
  const auto magic = big_endian(log, 0, 4);
  const bool big = magic == 0x377f0683;

  struct Found {
    std::uint32_t page;
    bool good;
  };
  std::vector<Found> found;
  std::size_t committed = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (salt(frames[i]) != ours && (i + 1 == frames.size() || salt(frames[i + 1]) != ours)) break;
    // Each sum goes on from the one that stands before it, so that a damaged frame does not make
    // those behind it look damaged, too.
    const auto before = i == 0 ? log.substr(24, 8) : frames[i - 1].substr(16, 8);
    Sums sums{big_endian(before, 0, 4), big_endian(before, 4, 4)};
    add(sums, frames[i].substr(0, 8), big);
    add(sums, frames[i].substr(kFrameHeader), big);
    const Sums stands{big_endian(frames[i], 16, 4), big_endian(frames[i], 20, 4)};
    const Found one{big_endian(frames[i], 0, 4), sums == stands && salt(frames[i]) == ours};
    found.push_back(one);
    if (!one.good) continue;
    if (big_endian(frames[i], 4, 4) != 0) committed = i + 1;
  }
  std::map<std::uint32_t, std::size_t> latest;
  for (std::size_t i = 0; i < committed; ++i) {
    if (!found[i].good) continue;
    latest[found[i].page] = i;
    pages_[found[i].page] = {i + 1, frames[i].substr(kFrameHeader)};
  }
  for (std::size_t i = 0; i < committed; ++i) {
    if (found[i].good) continue;
    const auto later = latest.find(found[i].page);
    if (later == latest.end() || later->second < i)
      doubtful_.push_back({i + 1, frames[i].substr(kFrameHeader)});
  }
}

}  // namespace xmppftd
