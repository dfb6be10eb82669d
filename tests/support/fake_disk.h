// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/store.h"
#include "model/plain_name.h"

namespace xmppftd::test {

/// The loop's tasks, run by hand.
class Turns {
 public:
  void later(Callback<void()> task) { tasks_.push_back(std::move(task)); }
  bool run_one() {
    if (tasks_.empty()) return false;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }
  void clear() { tasks_.clear(); }

 private:
  std::deque<Callback<void()>> tasks_;
};

/// Kills the daemon at its n-th encounter with the disk: before an operation it does not happen,
/// after it nobody hears of it. Never by default.
struct Crash {
  int left = -1;
  bool down = false;
  int met = 0;
  bool strikes() {
    if (down) return true;
    ++met;
    if (left == 0) down = true;
    if (left > 0) --left;
    return down;
  }
};

/// What survives the daemon: the rows of the journal, and files as names of inodes.
struct Disk {
  struct Inode {
    std::uint64_t size = 0;
    bool whole = false;  ///< has all its bytes, the right ones
    bool synced = false;
    std::string content = {};    ///< only where bytes move (MemoryBulk)
    std::int64_t rewritten = 0;  ///< how often somebody else did
  };
  std::map<JobId, JobRecord> rows;
  std::map<JobId, std::vector<HistoryEntry>> stories;
  JobId next_id = 1;
  std::map<std::string, std::uint64_t> names;  ///< path -> inode
  std::map<std::uint64_t, Inode> inodes;
  std::uint64_t next_inode = 100;
  std::uint64_t free = 1ull << 40;  ///< bytes

  std::uint64_t add(const std::string& path, std::uint64_t size) {
    inodes[next_inode] = {size, true, true};
    names[path] = next_inode;
    return next_inode++;
  }
  std::uint64_t add(const std::string& path, std::string content) {
    const auto inode = add(path, content.size());
    inodes[inode].content = std::move(content);
    return inode;
  }
  /// What another program does to a file.
  void rewrite(std::uint64_t inode, std::string content) {
    auto& file = inodes.at(inode);
    file.content = std::move(content);
    file.size = file.content.size();
    ++file.rewritten;
  }
  FileIdentity identity_of(std::uint64_t inode) const {
    const auto& file = inodes.at(inode);
    return {1, inode, file.size, file.rewritten, 0};
  }
  std::vector<std::string> parts() const {
    std::vector<std::string> list;
    for (const auto& [path, inode] : names)
      if (path.ends_with(".part")) list.push_back(path);
    return list;
  }
};

class FakeStore final : public Store {
 public:
  FakeStore(Disk& disk, Turns& turns, Crash& crash) : disk_(disk), turns_(turns), crash_(crash) {}
  std::optional<Errc> fails;
  bool held = false;  ///< a disk that takes its time: what comes waits for release()
  int puts = 0;

  void release() {
    held = false;
    for (auto& one : std::exchange(waiting_, {})) turns_.later(std::move(one));
  }

  void put(std::vector<JobRecord> records, Done done) override {
    ++puts;
    for (const auto& record : records) ordered_.insert(record.id);
    act(std::move(done), [this, records = std::move(records)] {
      for (const auto& record : records) {
        disk_.next_id = std::max(disk_.next_id, record.id + 1);
        disk_.rows[record.id] = record;
      }
    });
  }
  void checkpoint(JobId id, std::uint64_t bytes) override {
    const auto nobody = [](Result<void>) {};
    act(nobody, [this, id, bytes] {
      if (const auto row = disk_.rows.find(id); row != disk_.rows.end())
        row->second.durable = bytes;
    });
  }
  void remove(std::vector<JobId> ids, Done done) override {
    act(std::move(done), [this, ids = std::move(ids)] {
      for (const JobId id : ids) disk_.rows.erase(id);
    });
  }
  void add_step(JobId id, HistoryEntry entry) override {
    if (disk_.rows.count(id) == 0 && ordered_.count(id) == 0) return;  // no job, no story
    auto& story = disk_.stories[id];
    if (story.empty() || story.back().what != entry.what || story.back().detail != entry.detail)
      story.push_back(std::move(entry));
  }
  void history(JobId id, Callback<void(Result<std::vector<HistoryEntry>>)> done) override {
    turns_.later([this, id, done = std::move(done)]() mutable { done(disk_.stories[id]); });
  }
  Journaled read() const {
    Journaled journaled;
    for (const auto& [id, record] : disk_.rows) journaled.jobs.push_back(record);
    journaled.next_id = disk_.next_id;
    return journaled;
  }

 private:
  template <class Action>
  void act(Done done, Action action) {
    later([this, done = std::move(done), action = std::move(action)]() mutable {
      if (crash_.strikes()) return;
      if (fails) return done(Error{*fails, "the test says no"});
      action();
      if (!crash_.strikes()) done({});
    });
  }
  void later(Callback<void()> task) {
    if (held)
      waiting_.push_back(std::move(task));
    else
      turns_.later(std::move(task));
  }
  Disk& disk_;
  Turns& turns_;
  Crash& crash_;
  std::vector<Callback<void()>> waiting_;
  std::set<JobId> ordered_;  ///< their rows are on the way to the disk, or there
};

class FakeFiles final : public Files {
 public:
  FakeFiles(Disk& disk, Turns& turns, Crash& crash) : disk_(disk), turns_(turns), crash_(crash) {}
  std::map<std::string, Errc> unreadable;  ///< by path
  std::optional<Errc> place_fails, create_fails, sync_fails, publish_fails, find_fails;
  std::set<std::string> same_files;  ///< paths that lead to what their descriptors do
  std::function<bool(const std::string&)> refuses;   ///< names that this file system does not take
  bool foresees_names = true;                        ///< and that show it before a file is there
  std::map<std::string, std::string> moved_folders;  ///< while files came: from, to
  int data_synced = 0;
  int names_tried = 0, places_checked = 0, publishings = 0;
  bool reserves = true;
  int opens = 0, open_at_once = 0;
  std::set<std::string> slow;  ///< paths that are opened when answer() says so

  /// What waits to be opened under this path is.
  void answer(const std::string& path) {
    slow.erase(path);
    auto waiting = waiting_.extract(path);
    if (!waiting.empty()) open_source(path, std::move(waiting.mapped()));
  }

  void open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) override {
    if (slow.count(path) != 0) {
      waiting_[path] = std::move(done);
      return;
    }
    ++opens;
    later([this, path, done = std::move(done)]() mutable {
      if (const auto found = unreadable.find(path); found != unreadable.end())
        return done(Error{found->second, path + ": the test says no"});
      const auto found = disk_.names.find(path);
      if (found == disk_.names.end())
        return done(Error{Errc::FileMissing, path + ": No such file"});
      done(opened(found->second));
    });
  }
  bool holds_adopting = false;  ///< until release_adopting()
  void release_adopting() {
    holds_adopting = false;
    for (auto& one : std::exchange(held_adopting_, {})) later(std::move(one));
  }
  void adopt_source(UniqueFd fd, const std::string& path, Done<Adopted> done) override {
    auto adopt = [this, fd = std::move(fd), path, done = std::move(done)]() mutable {
      if (const auto same = same_files.find(path);
          same != same_files.end() && disk_.names.count(path) != 0)
        return done(Adopted{opened(disk_.names[path]), path});
      disk_.inodes[disk_.next_inode] = {42, true, true};
      done(Adopted{opened(disk_.next_inode++), ""});
    };
    if (holds_adopting)
      held_adopting_.push_back(std::move(adopt));
    else
      later(std::move(adopt));
  }
  void reopen_source(const std::string& path, std::shared_ptr<OpenFile> file,
                     const FileIdentity& queued, Done<std::shared_ptr<OpenFile>> done) override {
    auto check = [this, queued, path,
                  done = std::move(done)](Result<std::shared_ptr<OpenFile>> now) mutable {
      if (now && disk_.identity_of((*now)->identity.inode) != queued)
        return done(Error{Errc::FileChanged, path + " changed"});
      done(std::move(now));
    };
    if (file == nullptr) return open_source(path, std::move(check));
    later([file = std::move(file), check = std::move(check)]() mutable { check(std::move(file)); });
  }
  Result<void> check_folder(const std::string& folder, std::chrono::milliseconds) override {
    if (const auto found = unreadable.find(folder); found != unreadable.end())
      return Error{found->second, folder + ": the test says no"};
    return {};
  }
  void usable_name(const std::string&, const std::string& name, Done<std::string> done) override {
    act(std::move(done), [this, name]() -> Result<std::string> {
      ++names_tried;
      if (!refuses || !foresees_names || !refuses(name)) return name;
      for (const auto& plainer : plainer_names(name))
        if (!refuses(plainer)) return plainer;
      return name;
    });
  }
  void is_taken(const std::string& folder, const std::string& name, Done<bool> done) override {
    act(std::move(done), [this, folder, name]() -> Result<bool> {
      return disk_.names.count(folder + "/" + name) != 0;
    });
  }
  void check_place(const std::string& folder, std::optional<std::uint64_t> size,
                   std::uint64_t keep_free, Done<void> done) override {
    act(std::move(done), [this, folder, size, keep_free]() -> Result<void> {
      ++places_checked;
      if (place_fails) return Error{*place_fails, folder + ": the test says no"};
      if (size.value_or(0) + keep_free > disk_.free)
        return Error{Errc::DiskFull, folder + ": not enough room"};
      return {};
    });
  }
  void create_part(const std::string& folder, const std::string& name,
                   std::optional<std::uint64_t> size, std::uint64_t keep_free,
                   Done<std::shared_ptr<PartFile>> done) override {
    act(std::move(done),
        [this, folder, name, size, keep_free]() -> Result<std::shared_ptr<PartFile>> {
          if (create_fails) return Error{*create_fails, folder + ": the test says no"};
          if (size.value_or(0) + keep_free > disk_.free)
            return Error{Errc::DiskFull, folder + ": not enough room"};
          if (disk_.names.count(folder + "/" + name) != 0)
            return Error{Errc::Exists, name + " is there"};
          auto part = std::make_shared<PartFile>();
          part->folder_path = folder;
          part->name = name;
          disk_.names[folder + "/" + part->name] = disk_.next_inode;
          disk_.inodes[disk_.next_inode] = {};
          part->file = opened(disk_.next_inode++);
          part->reserved = reserves && size;
          return part;
        });
  }
  void reopen_part(const std::string& folder, const std::string& name, const FileIdentity& identity,
                   std::uint64_t most, std::optional<std::uint64_t> size, std::uint64_t keep_free,
                   Done<Kept> done) override {
    act(std::move(done), [=, this]() -> Result<Kept> {
      if (create_fails) return Error{*create_fails, folder + ": the test says no"};
      const auto found = disk_.names.find(folder + "/" + name);
      if (found == disk_.names.end() || found->second != identity.inode) return Kept{};
      auto& inode = disk_.inodes[identity.inode];
      const auto kept = size && inode.size > *size ? 0 : std::min(inode.size, most);
      if (size.value_or(kept) - kept + keep_free > disk_.free)
        return Error{Errc::DiskFull, folder + ": not enough room"};
      inode.size = kept;
      if (!inode.content.empty()) inode.content.resize(kept);
      inode.whole = false;
      auto part = std::make_shared<PartFile>();
      part->folder_path = folder;
      part->name = name;
      part->file = opened(identity.inode);
      part->reserved = reserves && size;
      return Kept{part, kept};
    });
  }
  bool holds_sync = false;  ///< until release_sync()
  void release_sync() {
    holds_sync = false;
    for (auto& [part, done] : std::exchange(held_syncs_, {})) sync_data(part, std::move(done));
  }
  void sync_data(std::shared_ptr<PartFile> part, Done<void> done) override {
    if (holds_sync) {
      held_syncs_.emplace_back(std::move(part), std::move(done));
      return;
    }
    act(std::move(done), [this, part]() -> Result<void> {
      ++data_synced;
      if (sync_fails) part->file->sync_failed = true;
      if (part->file->sync_failed) return Error{sync_fails.value_or(Errc::Io), "the test says no"};
      return {};
    });
  }
  void cut_part(std::shared_ptr<PartFile> part, std::uint64_t bytes, Done<void> done) override {
    act(std::move(done), [this, part, bytes]() -> Result<void> {
      auto& inode = disk_.inodes[part->file->identity.inode];
      inode.size = std::min(inode.size, bytes);
      if (inode.content.size() > bytes) inode.content.resize(bytes);
      inode.whole = false;
      return {};
    });
  }
  void sync_part(std::shared_ptr<PartFile> part, std::uint64_t size, Done<void> done) override {
    act(std::move(done), [this, part, size]() -> Result<void> {
      if (sync_fails) part->file->sync_failed = true;
      if (part->file->sync_failed) return Error{sync_fails.value_or(Errc::Io), "the test says no"};
      if (disk_.inodes[part->file->identity.inode].size != size)
        return Error{Errc::Interrupted, "somebody cut it or wrote to it"};
      disk_.inodes[part->file->identity.inode].synced = true;
      return {};
    });
  }
  void publish(std::shared_ptr<PartFile> part, const std::string& final_name, bool overwrite,
               Done<std::string> done) override {
    act(std::move(done), [this, part, final_name, overwrite]() -> Result<std::string> {
      ++publishings;
      if (publish_fails) return Error{*publish_fails, part->folder_path + ": the test says no"};
      if (final_name.empty() || final_name == "." || final_name == ".." ||
          final_name.find('/') != std::string::npos || (refuses && refuses(final_name)))
        return Error{Errc::BadArgument, final_name + ": Invalid argument"};
      const auto moved = moved_folders.find(part->folder_path);
      const auto folder = moved == moved_folders.end() ? part->folder_path : moved->second;
      const auto target = folder + "/" + final_name;
      if (!is(target, *part)) {
        if (!is(part->folder_path + "/" + part->name, *part))
          return Error{Errc::Interrupted, part->name + " was removed or replaced by somebody"};
        if (!overwrite && disk_.names.count(target) != 0)
          return Error{Errc::Exists, target + " is there"};
        disk_.names[target] = part->file->identity.inode;
      }
      remove(*part);
      return folder;
    });
  }
  std::map<std::string, std::set<std::string>> swept;  ///< folder -> what was said to be in use
  void remove_leftovers(const std::string& folder, std::set<std::string> in_use,
                        Done<unsigned> done) override {
    swept[folder] = std::move(in_use);
    act(std::move(done), []() -> Result<unsigned> { return 0u; });
  }
  void discard(std::shared_ptr<PartFile> part, Done<void> done) override {
    act(std::move(done), [this, part]() -> Result<void> {
      remove(*part);
      return {};
    });
  }
  void set_aside(std::shared_ptr<PartFile> part, Done<void> done) override {
    act(std::move(done), [this, part]() -> Result<void> {
      const auto path = part->folder_path + "/" + part->name;
      if (!is(path, *part)) return {};
      disk_.names[path.substr(0, path.size() - 5) + ".bad"] = part->file->identity.inode;
      remove(*part);
      return {};
    });
  }
  void find_part(const std::string& folder, const std::string& part_name,
                 const std::string& final_name, const FileIdentity& identity,
                 Done<Found> done) override {
    act(std::move(done), [this, folder, part_name, final_name, identity]() -> Result<Found> {
      if (find_fails) return Error{*find_fails, folder + ": the test says no"};
      const auto is_ours = [&](const std::string& name) {
        const auto found = disk_.names.find(folder + "/" + name);
        return !name.empty() && found != disk_.names.end() &&
               (identity.inode == 0 || found->second == identity.inode);
      };
      if (identity.inode != 0 && is_ours(final_name)) {
        if (is_ours(part_name)) disk_.names.erase(folder + "/" + part_name);
        return Found{PartState::Published, nullptr};
      }
      if (!is_ours(part_name)) return Found{PartState::Gone, nullptr};
      auto part = std::make_shared<PartFile>();
      part->folder_path = folder;
      part->name = part_name;
      part->file = opened(disk_.names[folder + "/" + part_name]);
      return Found{PartState::Part, part};
    });
  }

 private:
  std::shared_ptr<OpenFile> opened(std::uint64_t inode) {
    auto file = std::make_shared<OpenFile>();
    file->identity = disk_.identity_of(inode);
    return file;
  }
  bool is(const std::string& path, const PartFile& part) const {
    const auto found = disk_.names.find(path);
    return found != disk_.names.end() && found->second == part.file->identity.inode;
  }
  /// If the name still is the part's.
  void remove(const PartFile& part) {
    const auto path = part.folder_path + "/" + part.name;
    if (is(path, part)) disk_.names.erase(path);
  }
  /// Not once we are gone.
  void later(Callback<void()> task) {
    turns_.later([alive = std::weak_ptr<char>(alive_), task = std::move(task)]() mutable {
      if (!alive.expired()) task();
    });
  }
  template <class T, class Action>
  void act(Callback<void(Result<T>)> done, Action action) {
    later([this, done = std::move(done), action = std::move(action)]() mutable {
      if (crash_.strikes()) return;
      auto result = action();
      if (!crash_.strikes()) done(std::move(result));
    });
  }
  Disk& disk_;
  Turns& turns_;
  Crash& crash_;
  std::map<std::string, Done<std::shared_ptr<OpenFile>>> waiting_;  ///< for answer()
  std::vector<Callback<void()>> held_adopting_;
  std::vector<std::pair<std::shared_ptr<PartFile>, Done<void>>> held_syncs_;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace xmppftd::test
