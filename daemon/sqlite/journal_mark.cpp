// SPDX-License-Identifier: MIT
#include "sqlite/journal_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/system_error.h"
#include "sqlite/job_columns.h"

namespace xmppftd {
namespace {

/// Always of one length, so that a new one covers the old one.
std::string line(const JournalNumbers& numbers) {
  const Cell cells[] = {static_cast<std::int64_t>(numbers.next_id), numbers.commits};
  char text[96];
  std::snprintf(text, sizeof text,
                "next %020" PRIu64 " commits %019" PRId64 " sum %016" PRIx64 "\n", numbers.next_id,
                numbers.commits, static_cast<std::uint64_t>(checksum(cells)));
  return text;
}

}  // namespace

JournalNumbers highest(const JournalNumbers& one, const JournalNumbers& other) {
  return {std::max(one.next_id, other.next_id), std::max(one.commits, other.commits)};
}

JournalMark JournalMark::open(const JournalFolder& folder) {
  const auto path = folder.path("jobs.mark");
  JournalMark mark(
      UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)));
  if (!mark.fd_) log::warning("journal", system_error(errno, path).detail);
  char text[96] = {};
  if (mark.fd_ && ::pread(mark.fd_.get(), text, sizeof text - 1, 0) > 0) {
    JournalNumbers said;
    if (std::sscanf(text, "next %" SCNu64 " commits %" SCNd64, &said.next_id, &said.commits) == 2 &&
        said.next_id > 0 && said.commits > 0 && std::string_view(text).starts_with(line(said)))
      mark.said_ = said;
  }
  return mark;
}

void JournalMark::write(const JournalNumbers& numbers) {
  if (!fd_ || numbers == said_) return;
  const auto text = line(numbers);
  if (::pwrite(fd_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    said_ = numbers;
  else
    log::debug("journal", "jobs.mark: " + system_error(errno, "write").detail);
}

}  // namespace xmppftd
