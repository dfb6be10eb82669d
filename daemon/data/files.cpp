// SPDX-License-Identifier: MIT
#include "data/files.h"

#include <chrono>
#include <future>
#include <type_traits>
#include <utility>

#include "data/access_list.h"
#include "data/folder.h"
#include "data/leftovers.h"
#include "data/part_file.h"
#include "data/source_file.h"
#include "data/usable_name.h"

namespace xmppftd {
namespace {

// One may sit in an fsync for seconds. A file that comes in is synced three times, and file systems
// sync many at a time for the price of one.
constexpr unsigned kThreads = 8;

// Whoever lets go of a file last, closing it must not hold up core: that may wait for its disk.
void set_closer(const std::shared_ptr<OpenFile>& file, const std::weak_ptr<Poster>& closer) {
  if (file->closer.expired()) file->closer = closer;  // not again for one that others hold
}
void set_closer(const std::shared_ptr<PartFile>& part, const std::weak_ptr<Poster>& closer) {
  set_closer(part->file, closer);
}
void set_closer(const Files::Adopted& adopted, const std::weak_ptr<Poster>& closer) {
  set_closer(adopted.file, closer);
}
void set_closer(const Files::Found& found, const std::weak_ptr<Poster>& closer) {
  if (found.part) set_closer(found.part->file, closer);
}
template <class T>
void set_closer(const T&, const std::weak_ptr<Poster>&) {}

}  // namespace

ThreadedFiles::ThreadedFiles(Poster& core, ReceiveMode mode)
    : mode_(mode),
      threads_(std::make_shared<ThreadPool>("xmppft-files", kThreads)),
      waiting_(core) {}

bool ThreadedFiles::end(std::chrono::steady_clock::time_point until) {
  return threads_->end(until);
}

template <class T, class Work>
void ThreadedFiles::run(Done<T> done, Work work) {
  threads_->post([answer = waiting_.expect<T>(std::move(done)), work = std::move(work),
                  closer = std::weak_ptr<Poster>(threads_)]() mutable {
    auto result = work();
    if constexpr (!std::is_void_v<T>)
      if (result) set_closer(*result, closer);
    answer.give(std::move(result));
  });
}

void ThreadedFiles::open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) {
  run(std::move(done), [path] { return open_source_file(path); });
}

void ThreadedFiles::adopt_source(UniqueFd fd, const std::string& path, Done<Adopted> done) {
  run(std::move(done),
      [fd = std::move(fd), path]() mutable { return adopt_source_file(std::move(fd), path); });
}

void ThreadedFiles::reopen_source(const std::string& path, std::shared_ptr<OpenFile> held,
                                  const FileIdentity& queued,
                                  Done<std::shared_ptr<OpenFile>> done) {
  run(std::move(done), [path, held = std::move(held), queued]() mutable {
    return reopen_source_file(path, std::move(held), queued);
  });
}

Result<void> ThreadedFiles::check_folder(const std::string& folder,
                                         std::chrono::milliseconds patience) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  threads_->post([promise, folder] {
    auto opened = open_folder(folder);
    promise->set_value(opened ? Result<void>() : std::move(opened).error());
  });
  if (answer.wait_for(patience) != std::future_status::ready) return {};
  return answer.get();
}

void ThreadedFiles::usable_name(const std::string& folder, const std::string& name,
                                Done<std::string> done) {
  run(std::move(done), [folder, name]() -> Result<std::string> {
    auto opened = open_folder(folder);
    if (!opened) return std::move(opened).error();
    if (takes_every_name(opened->get())) return name;
    return xmppftd::usable_name(opened->get(), name);
  });
}

void ThreadedFiles::is_taken(const std::string& folder, const std::string& name, Done<bool> done) {
  run(std::move(done), [folder, name]() -> Result<bool> {
    auto opened = open_folder(folder);
    if (!opened) return std::move(opened).error();
    auto entry = look_up(opened->get(), name);
    if (!entry) return std::move(entry).error();
    return entry->has_value();
  });
}

void ThreadedFiles::check_place(const std::string& folder, std::optional<std::uint64_t> size,
                                std::uint64_t keep_free, Done<void> done) {
  run(std::move(done),
      [folder, size, keep_free] { return check_part_place(folder, size, keep_free); });
}

void ThreadedFiles::create_part(const std::string& folder, const std::string& name,
                                std::optional<std::uint64_t> size, std::uint64_t keep_free,
                                Done<std::shared_ptr<PartFile>> done) {
  run(std::move(done),
      [folder, name, size, keep_free] { return create_part_file(folder, name, size, keep_free); });
}

void ThreadedFiles::reopen_part(const std::string& folder, const std::string& name,
                                const FileIdentity& identity, std::uint64_t most,
                                std::optional<std::uint64_t> size, std::uint64_t keep_free,
                                Done<Kept> done) {
  run(std::move(done), [folder, name, identity, most, size, keep_free] {
    return reopen_part_file(folder, name, identity, most, size, keep_free);
  });
}

void ThreadedFiles::sync_data(std::shared_ptr<PartFile> part, Done<void> done) {
  run(std::move(done), [part = std::move(part)] { return sync_part_data(*part); });
}

void ThreadedFiles::cut_part(std::shared_ptr<PartFile> part, std::uint64_t bytes, Done<void> done) {
  run(std::move(done), [part = std::move(part), bytes] { return cut_part_file(*part, bytes); });
}

void ThreadedFiles::sync_part(std::shared_ptr<PartFile> part, std::uint64_t size, Done<void> done) {
  run(std::move(done), [part = std::move(part), size, mode = mode_] {
    const auto of_folder = default_mode(part->folder.get()).value_or(0666 & ~mode.umask);
    return sync_part_file(*part, size, mode.fixed.value_or(of_folder));
  });
}

void ThreadedFiles::publish(std::shared_ptr<PartFile> part, const std::string& final_name,
                            bool overwrite, Done<std::string> done) {
  run(std::move(done), [part = std::move(part), final_name, overwrite] {
    return publish_part_file(*part, final_name, overwrite);
  });
}

void ThreadedFiles::discard(std::shared_ptr<PartFile> part, Done<void> done) {
  run(std::move(done), [part = std::move(part)] { return discard_part_file(*part); });
}

void ThreadedFiles::set_aside(std::shared_ptr<PartFile> part, Done<void> done) {
  run(std::move(done), [part = std::move(part)] { return set_part_file_aside(*part); });
}

void ThreadedFiles::find_part(const std::string& folder, const std::string& part_name,
                              const std::string& final_name, const FileIdentity& identity,
                              Done<Found> done) {
  run(std::move(done), [folder, part_name, final_name, identity] {
    return find_part_file(folder, part_name, final_name, identity);
  });
}

void ThreadedFiles::remove_leftovers(const std::string& folder, std::set<std::string> in_use,
                                     Done<unsigned> done) {
  run(std::move(done), [folder, in_use = std::move(in_use)] {
    return xmppftd::remove_leftovers(folder, in_use, std::chrono::system_clock::now());
  });
}

}  // namespace xmppftd
