// SPDX-License-Identifier: MIT
#include "data/files.h"

#include <utility>

#include "data/folder.h"
#include "data/part_file.h"
#include "data/source_file.h"

namespace xmppftd {
namespace {

// One may sit in an fsync for seconds. A file that comes in is synced three times, and file systems sync many at a time
// for the price of one.
constexpr unsigned kThreads = 8;

}  // namespace

ThreadedFiles::ThreadedFiles(Poster& core) : threads_("xmppft-files", kThreads), waiting_(core) {}

template <class T, class Work>
void ThreadedFiles::run(Done<T> done, Work work) {
  threads_.post([answer = waiting_.expect<T>(std::move(done)), work = std::move(work)]() mutable {
    answer.give(work());
  });
}

void ThreadedFiles::open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) {
  run(std::move(done), [path] { return open_source_file(path); });
}

void ThreadedFiles::adopt_source(UniqueFd fd, Done<std::shared_ptr<OpenFile>> done) {
  run(std::move(done), [fd = std::move(fd)]() mutable { return adopt_source_file(std::move(fd)); });
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

void ThreadedFiles::create_part(const std::string& folder, std::uint64_t size,
                                std::uint64_t keep_free, Done<std::shared_ptr<PartFile>> done) {
  run(std::move(done),
      [folder, size, keep_free] { return create_part_file(folder, size, keep_free); });
}

void ThreadedFiles::sync_part(std::shared_ptr<PartFile> part, Done<void> done) {
  run(std::move(done), [part = std::move(part)] { return sync_part_file(*part); });
}

void ThreadedFiles::publish(std::shared_ptr<PartFile> part, const std::string& final_name,
                            bool overwrite, Done<void> done) {
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

}  // namespace xmppftd
