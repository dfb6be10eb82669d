// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>

#include "data/answer.h"
#include "data/thread_pool.h"
#include "io/file.h"

namespace xmppftd {

/// The permissions of received files.
struct ReceiveMode {
  std::optional<mode_t> fixed;  ///< the user's word
  mode_t umask = 0077;          ///< else 0666 without these, or what the folder's default list says
};

/// Files on threads of their own, so that a disk that sleeps holds up nobody. Work for one part
/// file is asked for one piece after the other; pieces of different files may overtake each other.
class ThreadedFiles final : public Files {
 public:
  explicit ThreadedFiles(Poster& core, ReceiveMode mode = {});
  /// Stops all threads; false where one did not end until then, and all must be left as it is.
  [[nodiscard]] bool end(std::chrono::steady_clock::time_point until);

  void open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) override;
  void adopt_source(UniqueFd fd, const std::string& path, Done<Adopted> done) override;
  void reopen_source(const std::string& path, std::shared_ptr<OpenFile> held,
                     const FileIdentity& queued, Done<std::shared_ptr<OpenFile>> done) override;
  Result<void> check_folder(const std::string& folder, std::chrono::milliseconds patience) override;
  void usable_name(const std::string& folder, const std::string& name,
                   Done<std::string> done) override;
  void is_taken(const std::string& folder, const std::string& name, Done<bool> done) override;
  void check_place(const std::string& folder, std::optional<std::uint64_t> size,
                   std::uint64_t keep_free, Done<void> done) override;
  void create_part(const std::string& folder, const std::string& name,
                   std::optional<std::uint64_t> size, std::uint64_t keep_free,
                   Done<std::shared_ptr<PartFile>> done) override;
  void reopen_part(const std::string& folder, const std::string& name, const FileIdentity& identity,
                   std::uint64_t most, std::optional<std::uint64_t> size, std::uint64_t keep_free,
                   Done<Kept> done) override;
  void sync_data(std::shared_ptr<PartFile> part, Done<void> done) override;
  void cut_part(std::shared_ptr<PartFile> part, std::uint64_t bytes, Done<void> done) override;
  void sync_part(std::shared_ptr<PartFile> part, std::uint64_t size, Done<void> done) override;
  void publish(std::shared_ptr<PartFile> part, const std::string& final_name, bool overwrite,
               Done<std::string> done) override;
  void discard(std::shared_ptr<PartFile> part, Done<void> done) override;
  void set_aside(std::shared_ptr<PartFile> part, Done<void> done) override;
  void find_part(const std::string& folder, const std::string& part_name,
                 const std::string& final_name, const FileIdentity& identity,
                 Done<Found> done) override;
  void remove_leftovers(const std::string& folder, std::set<std::string> in_use,
                        Done<unsigned> done) override;

 private:
  template <class T, class Work>
  void run(Done<T> done, Work work);

  const ReceiveMode mode_;
  const std::shared_ptr<ThreadPool> threads_;  // shared only with files that wait to be closed
  Waiting waiting_;
};

}  // namespace xmppftd
