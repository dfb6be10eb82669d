// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "model/job.h"

namespace xmppftd {

/// Texts that a dump, a statement or a checksum may stumble over.
inline std::string odd_text(std::size_t number) {
  using namespace std::string_literals;
  static const std::vector<std::string> all = {
      "",
      "plain",
      "O'Brien'); DROP TABLE jobs;--",
      "two\nlines\r\n",
      "a\tb \x01\x7f",
      "with\0nul"s,
      "\xff",  // ends a text in the checksum
      "ab\xff",
      "\xff\xfe not utf-8 \xc3",
      "na\xc3\xafve \xf0\x9f\x98\x80 \xe4\xb8\xad",
      "\xe2\x80\xaegpj.exe",
      "\xef\xbb\xbf",
      "12345",
      "1e5",
      "0x1f",
      " blank ",
      "NULL",
      "%s %n",
      "\"double\" `back` \\n",
      std::string(300, 'x'),
  };
  return all[number % all.size()];
}

/// Jobs of every direction, state and reason, with every word and with odd texts and numbers in
/// all places. The fixtures were made of them, each by the code of its time.
inline std::vector<JobRecord> sample_records() {
  constexpr int kReasons = static_cast<int>(JobReason::Expired) + 1;
  constexpr int kStates = static_cast<int>(JobState::Cancelled) + 1;
  const auto at = [](std::int64_t microseconds) {
    return WallTime(std::chrono::microseconds(microseconds));
  };
  std::vector<JobRecord> jobs;
  for (int i = 0; i < kReasons; ++i) {
    const auto n = static_cast<std::size_t>(i);
    JobRecord job;
    job.id = n * n + 1;
    job.batch = i % 3 == 0 ? "" : "k3f" + std::to_string(i / 3);
    job.direction = i / kStates % 2 == 0 ? Direction::Out : Direction::In;
    job.account = n % 4;
    job.peer = "ann@example.org/" + odd_text(n);
    job.peer_full = odd_text(n + 1);
    job.file.name = odd_text(n + 2);
    job.file.size = i % 5 == 0 ? ~std::uint64_t{0} - n : n * 1'000'000'007;
    if (i % 11 == 6) job.file.size = std::nullopt;
    if (i % 3 == 1) job.file.modified = std::chrono::sys_seconds(std::chrono::seconds(i - 20));
    if (i % 4 == 1) job.file.hash = Hash{HashAlgo::Md5, "d41d8cd98f00b204e9800998ecf8427e"};
    if (i % 4 == 2) job.file.hash = Hash{HashAlgo::Sha1, "00"};
    job.file.description = odd_text(n + 3);
    job.file.mime_type = odd_text(n + 4);
    job.path = "/home/ann/" + odd_text(n + 5);
    job.source = {~std::uint64_t{0} - n, n, n * 2, -i, i};
    if (i % 2 == 0) job.source.content = 0x9e3779b97f4a7c15u * (n + 1);
    job.state = static_cast<JobState>(i % kStates);
    job.reason = static_cast<JobReason>(i);
    job.error_name = i % 2 == 0 ? "" : "HashMismatch";
    job.error_detail = odd_text(n + 6);
    job.priority = i * 5 - 100;
    if (i % 4 == 1) job.methods = {{"si-ibb", ""}};
    if (i % 4 == 2) job.methods = {{"si-socks5", "proxy"}, {"si-socks5", "direct"}};
    if (i % 4 == 3) job.methods = {{"si-socks5", ""}, {"si-ibb", ""}};
    job.method = i % 2 == 0 ? "" : "si-socks5";
    job.route = i % 2 == 0 ? "" : "direct";
    job.host = i % 3 == 0 ? "2001:db8::1" : "";
    job.port = static_cast<std::uint16_t>(i * 1771);
    job.transferred = n * 3;
    job.offset = n;
    job.attempt = static_cast<unsigned>(i);
    job.delivery = static_cast<Delivery>(i % 3);
    job.hash_state = static_cast<HashState>(i % 5);
    if (i % 5 >= 2) job.hash = Hash{HashAlgo::Sha256, "00ff"};
    job.created_at = at(i == 1 ? -1 : 1'795'000'000'000'000 + i);
    job.started_at = at(i);
    job.finished_at = at(i * 1000);
    job.next_attempt_at = at(i % 2);
    if (i % 2 == 0) job.waiting_since = at(i * 1000 + i % 4 - 1);
    if (i % 9 == 8) job.unaware_since = at(i * 1000 - i % 2);
    if (i % 7 != 3) job.folder = "/home/ann/Downloads/" + odd_text(n + 7);
    job.accepted = job.direction == Direction::In && i % 7 != 3;
    if (i % 4 == 2) job.file_id = odd_text(n + 8);
    job.part_name = i % 2 == 0 ? "" : ".xmppft-0123456789abcdef.part";
    job.part = {n, ~std::uint64_t{0}, n, i, -i};
    if (i % 3 == 1) job.durable = n << 23;
    job.wanted_name = odd_text(n + 8);
    job.final_name = odd_text(n + 9);
    job.publishing = i % 3 == 2;
    job.on_exists = std::vector<std::string>{"rename", "fail", "overwrite"}[n % 3];
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace xmppftd
