// SPDX-License-Identifier: MIT
#pragma once

#include "data/answer.h"
#include "data/thread_pool.h"
#include "io/file.h"

namespace xmppftd {

/// Files on threads of their own, so that a disk that sleeps holds up nobody. Work for one part
/// file is asked for one piece after the other; pieces of different files may overtake each other.
class ThreadedFiles final : public Files {
 public:
  explicit ThreadedFiles(Poster& core);

  void open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) override;
  void adopt_source(UniqueFd fd, Done<std::shared_ptr<OpenFile>> done) override;
  void is_taken(const std::string& folder, const std::string& name, Done<bool> done) override;
  void create_part(const std::string& folder, std::uint64_t size, std::uint64_t keep_free,
                   Done<std::shared_ptr<PartFile>> done) override;
  void sync_part(std::shared_ptr<PartFile> part, Done<void> done) override;
  void publish(std::shared_ptr<PartFile> part, const std::string& final_name, bool overwrite,
               Done<void> done) override;
  void discard(std::shared_ptr<PartFile> part, Done<void> done) override;
  void set_aside(std::shared_ptr<PartFile> part, Done<void> done) override;
  void find_part(const std::string& folder, const std::string& part_name,
                 const std::string& final_name, const FileIdentity& identity,
                 Done<Found> done) override;

 private:
  template <class T, class Work>
  void run(Done<T> done, Work work);

  ThreadPool threads_;
  Waiting waiting_;
};

}  // namespace xmppftd
