// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/callback.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "io/poster.h"
#include "model/job.h"

namespace xmppftd {

/// An open file. Shared, because a cancelled worker may hold it for one more quantum after the core
/// let go.
struct OpenFile {
  OpenFile() = default;
  OpenFile(UniqueFd its_fd, const FileIdentity& its_identity)
      : fd(std::move(its_fd)), identity(its_identity) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (const auto thread = closer.lock(); thread && fd) thread->post([fd = std::move(fd)] {});
  }
  UniqueFd fd;
  FileIdentity identity;  ///< as it was when opened
  /// A sync of it failed: the kernel tells once that it lost what was written, and later syncs of
  /// this descriptor succeed without it.
  mutable std::atomic<bool> sync_failed = false;
  /// held while it is synced: of two at a time the kernel may tell either
  mutable std::mutex sync_turn;
  /// closes it, for that may wait for the file system; none: whoever lets go last
  std::weak_ptr<Poster> closer;
};

/// A `.part` file and the folder that it and its final name live in.
struct PartFile {
  UniqueFd folder;  ///< O_PATH or O_DIRECTORY descriptor, held so that nobody can swap the folder
  std::string folder_path;
  std::string name;  ///< of new_part_file_name()
  std::shared_ptr<OpenFile> file;
  /// the disk already set the whole size aside: others need not leave room for it
  bool reserved = false;
};

/// What start-up finds of a receive that was being published when the daemon died.
enum class PartState {
  Gone,       ///< neither name holds our inode
  Part,       ///< the part file is there
  Published,  ///< the final name is our inode
};

/// Work on files that may block on a disk; done on the file threads, answered on the core's loop. A
/// callback is called exactly once, never before the call returns, and not at all after Files is
/// destroyed. Beside the errors named, each may answer Unavailable: our own system cannot just now,
/// and time may cure it.
class Files {
 public:
  template <class T>
  using Done = Callback<void(Result<T>)>;

  virtual ~Files() = default;

  /// Opens a regular file for reading without following a final symlink or waiting on a FIFO, and
  /// marks its content. Errors: FileMissing, Unreadable, NotRegularFile, Io; each names the path,
  /// the kernel's words and a remedy.
  virtual void open_source(const std::string& path, Done<std::shared_ptr<OpenFile>> done) = 0;
  /// A descriptor that a client passed, and a path that leads to the very same file; "" when none
  /// is known.
  struct Adopted {
    std::shared_ptr<OpenFile> file;
    std::string path;
  };
  /// For a descriptor that a client passed, with the path that it knows the file by ("" = none):
  /// readable, regular. Client and daemon need not see the same file under that path. Marks the
  /// content. Errors: BadFd, Io.
  virtual void adopt_source(UniqueFd fd, const std::string& path, Done<Adopted> done) = 0;
  /// Opens a source again that was `queued`, by its path or as `held` (null = by path), if its
  /// content is the same. Errors: FileChanged and those of open_source().
  virtual void reopen_source(const std::string& path, std::shared_ptr<OpenFile> held,
                             const FileIdentity& queued, Done<std::shared_ptr<OpenFile>> done) = 0;

  /// Can files be received into this folder? Waits `patience` at most, on the calling thread, for
  /// an early word to the user; a disk that says nothing in time is taken for good. Errors: those
  /// of create_part() that need no file.
  virtual Result<void> check_folder(const std::string& folder,
                                    std::chrono::milliseconds patience) = 0;
  /// The name, or where the folder's file system refuses it the closest one that it takes. Errors:
  /// FileMissing, UnsafeFolder, Unreadable, Io.
  virtual void usable_name(const std::string& folder, const std::string& name,
                           Done<std::string> done) = 0;

  /// Is anything there under that name? For an early word to the user; publish() decides. Errors:
  /// FileMissing, UnsafeFolder, Unreadable, Io.
  virtual void is_taken(const std::string& folder, const std::string& name, Done<bool> done) = 0;
  /// Could create_part() make one there now? An early word: until it does, nothing is created or
  /// set aside. Errors: those of create_part().
  virtual void check_place(const std::string& folder, std::optional<std::uint64_t> size,
                           std::uint64_t keep_free, Done<void> done) = 0;
  /// Creates the part file `name` of mode 0600 in `folder` and syncs the folder. `size` bytes are
  /// reserved where the file system can, none where it is not known; `keep_free` bytes must remain
  /// on the disk. Errors: FileMissing (no such folder), UnsafeFolder (not ours, or writable by
  /// others), DiskFull, Unreadable, Exists (something has that name), Io.
  virtual void create_part(const std::string& folder, const std::string& name,
                           std::optional<std::uint64_t> size, std::uint64_t keep_free,
                           Done<std::shared_ptr<PartFile>> done) = 0;
  /// What an earlier attempt left of a part file, cut to its first `bytes`.
  struct Kept {
    std::shared_ptr<PartFile> part;  ///< null: the name is not our inode any more
    std::uint64_t bytes = 0;
  };
  /// Opens a part file again to go on with it, and cuts it to what is there of its first `most`
  /// bytes; to nothing if it is longer than `size`, for then somebody else wrote to it. Room for
  /// `size` bytes in all is reserved as for a new one. Errors: those of create_part() but Exists.
  virtual void reopen_part(const std::string& folder, const std::string& name,
                           const FileIdentity& identity, std::uint64_t most,
                           std::optional<std::uint64_t> size, std::uint64_t keep_free,
                           Done<Kept> done) = 0;
  /// Makes what was written so far durable, and no more than that. Errors: Io, DiskFull.
  virtual void sync_data(std::shared_ptr<PartFile> part, Done<void> done) = 0;
  /// Cuts it to its first `bytes`. Errors: Io.
  virtual void cut_part(std::shared_ptr<PartFile> part, std::uint64_t bytes, Done<void> done) = 0;
  /// Gives the part file, complete by now, its final mode and makes its content durable (fsync).
  /// Errors: Interrupted (it has not `size` bytes: somebody cut it or wrote to it), Io, DiskFull.
  virtual void sync_part(std::shared_ptr<PartFile> part, std::uint64_t size, Done<void> done) = 0;
  /// Gives the part file its final name without replacing anything, and syncs the folder. With
  /// `overwrite` an existing regular file of ours is exchanged and removed. Asked again after
  /// success, it succeeds again. `done` gets the folder's path as it is now, for folders are moved.
  /// Errors: Exists, Interrupted (neither name is our file any more: somebody removed or replaced
  /// it), Io, DiskFull, Unavailable (it has its name, but the folder could not be
  /// synced: ask again), UnsafeFolder, Unreadable, FileMissing (no path leads to the
  /// folder any more), BadArgument (`final_name` is not one component, or the file system refuses
  /// it).
  virtual void publish(std::shared_ptr<PartFile> part, const std::string& final_name,
                       bool overwrite, Done<std::string> done) = 0;
  /// Removes the part file, if the name still is our inode.
  virtual void discard(std::shared_ptr<PartFile> part, Done<void> done) = 0;
  /// Renames the part to ".xmppft-<16 hex>.bad": wrong content is kept for a look, never under the
  /// real name.
  virtual void set_aside(std::shared_ptr<PartFile> part, Done<void> done) = 0;
  /// Reopens a part after a restart and says where publishing stood. `part` is null unless the
  /// state is Part. What is Published is so for good: the folder is synced, and a part name left
  /// beside the final one is removed. Our inode is known by its number alone, for devices are
  /// numbered anew at each start of the machine; an identity without one stands for whatever
  /// regular file of ours has the name, which was ours before its file was made.
  struct Found {
    PartState state = PartState::Gone;
    std::shared_ptr<PartFile> part;
  };
  virtual void find_part(const std::string& folder, const std::string& part_name,
                         const std::string& final_name, const FileIdentity& identity,
                         Done<Found> done) = 0;
  /// Removes from the folder what we left there and nobody came for: part files of 30 days and
  /// files set aside of 7 that are not `in_use`. Says how many. Errors: FileMissing, UnsafeFolder,
  /// Unreadable, Io.
  virtual void remove_leftovers(const std::string& folder, std::set<std::string> in_use,
                                Done<unsigned> done) = 0;
};

}  // namespace xmppftd
