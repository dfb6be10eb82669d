// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sqlite/journal.h"

namespace xmppftd {

/// The core's loop, run by hand.
class HandPoster final : public Poster {
 public:
  void post(Callback<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_all();
  }
  /// Runs tasks until `count` have run since the last call.
  void run(std::size_t count) {
    for (std::size_t done = 0; done < count;) {
      std::vector<Callback<void()>> tasks;
      {
        std::unique_lock lock(mutex_);
        REQUIRE(
            posted_.wait_for(lock, std::chrono::seconds(20), [this] { return !tasks_.empty(); }));
        tasks.swap(tasks_);
      }
      for (auto& task : tasks) task();
      done += tasks.size();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Callback<void()>> tasks_;
};

/// A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder() {
    // In memory where that can be had: a sync to a slow disk is not what these tests are about.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "xmppft-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Everything set to something that is not its default.
inline JobRecord full_record(JobId id) {
  JobRecord job;
  job.id = id;
  job.batch = "k3f9";
  job.direction = Direction::In;
  job.account = 7;
  job.peer = "ann@example.org/phone";
  job.peer_full = "ann@example.org/phone2";
  job.file = {"na\xc3\xafve.txt",
              123456789012345u,
              std::chrono::sys_seconds(std::chrono::seconds(-5)),
              Hash{HashAlgo::Md5, "d41d8cd98f00b204e9800998ecf8427e"},
              "a \"description\"",
              "text/plain"};
  job.path = "/home/ann/not utf-8 \xff\xfe.txt";
  job.source = {0xfffffffffffffffeu, 2, 3, -4, 5};
  job.state = JobState::Verifying;
  job.reason = JobReason::Stalled;
  job.error_name = "HashMismatch";
  job.error_detail = "all wrong";
  job.priority = -100;
  job.methods = {{"si-socks5", "proxy"}, {"si-ibb", ""}};
  job.method = "si-socks5";
  job.route = "direct";
  job.host = "2001:db8::1";
  job.port = 65535;
  job.transferred = 11;
  job.offset = 12;
  job.attempt = 3;
  job.delivery = Delivery::Confirmed;
  job.hash_state = HashState::Sha256;
  job.hash = Hash{HashAlgo::Sha256, "00ff"};
  job.created_at = WallTime(std::chrono::microseconds(1));
  job.started_at = WallTime(std::chrono::microseconds(2));
  job.finished_at = WallTime(std::chrono::microseconds(3));
  job.next_attempt_at = WallTime(std::chrono::microseconds(4));
  job.waiting_since = WallTime(std::chrono::microseconds(5));
  job.unaware_since = WallTime(std::chrono::microseconds(14));
  job.accepted = true;
  job.file_id = "0123456789abcd";
  job.folder = "/home/ann/Downloads";
  job.part_name = ".xmppft-0123456789abcdef.part";
  job.part = {6, 7, 8, 9, 10};
  job.durable = 13;
  job.wanted_name = "wanted.txt";
  job.final_name = "wanted (2).txt";
  job.publishing = true;
  job.on_exists = "fail";
  return job;
}

}  // namespace xmppftd
