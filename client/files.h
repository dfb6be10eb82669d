// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xmppftctl {

/// An absolute path as a `file:` URI; every byte but letters, digits and -._~/ is percent-encoded.
std::string uri_of_path(std::string_view path);
/// The path in a `file:` URI; "" if it is none.
std::string path_of_uri(std::string_view uri);
/// Our home directory becomes ~.
std::string short_path(std::string_view path);

/// A file to send, looked at by this program before anything is queued.
struct SourceFile {
  std::string path;  ///< absolute, symbolic links resolved
  std::string name;  ///< its name as typed: a link is sent under its own
  std::uint64_t size = 0;
};

/// All of `files`, or a Failure that lists each one that will not do with the reason: missing,
/// unreadable, a directory, a FIFO. Nothing is sent unless all are good. A kind that cannot be sent
/// is NotRegularFile, the rest Unreadable (both exit 7).
std::vector<SourceFile> check_files(const std::vector<std::string>& files);

/// Opens a file that was looked at, for reading. Throws Failure (Unreadable). The caller closes it.
int open_file(const SourceFile& file);

/// Copies `from` to its end into an unlinked file and returns that, opened for reading at 0; `size`
/// = its bytes. The file is made in $TMPDIR, else /var/tmp. Throws Failure (DiskFull, Unreadable).
/// The caller closes it.
int spool(int from, std::uint64_t& size);

/// What --into means: an existing folder (or anything that ends in /) gives a URI that ends in /,
/// else the URI of the file to write. Throws a usage Failure if the folder does not exist.
std::string target_uri(const std::string& into);

/// An existing folder as a URI ending in /. Throws a usage Failure with the command that makes it.
std::string folder_uri(const std::string& folder);
/// The same of a folder in which a file can be made, which is tried: a Failure (exit 7) if not.
std::string writable_folder_uri(const std::string& folder);

}  // namespace xmppftctl
