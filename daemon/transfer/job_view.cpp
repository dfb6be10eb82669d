// SPDX-License-Identifier: MIT
#include "transfer/job_view.h"

namespace xmppftd {

bool is_persistent(const JobRecord& record) noexcept {
  return record.direction == Direction::In || !record.path.empty();
}

std::string error_name_of(JobReason reason) {
  std::string name;
  bool start = true;
  for (const char c : to_string(reason)) {
    if (c != '-') name += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    start = c == '-';
  }
  return name;
}

}  // namespace xmppftd
