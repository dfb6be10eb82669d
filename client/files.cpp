// SPDX-License-Identifier: MIT
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "failure.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// Resolved absolute path, "" with errno if there is none.
std::string resolve(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (!resolved) return {};
  std::string out = resolved;
  std::free(resolved);
  return out;
}

struct Complaint {
  std::string text;
  bool wrong_kind = false;
};

// O_NONBLOCK: opening a FIFO must not wait for a writer.
constexpr int kToRead = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Complaint look_at(const std::string& path, SourceFile& out) {
  const int fd = ::open(path.c_str(), kToRead);
  if (fd < 0) return {std::strerror(errno)};
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  ::close(fd);
  if (!known) return {std::strerror(errno)};
  if (S_ISDIR(info.st_mode)) return {"is a directory", true};
  if (S_ISFIFO(info.st_mode)) return {"is a FIFO", true};
  if (!S_ISREG(info.st_mode)) return {"is not a regular file", true};
  out.path = resolve(path);
  out.name = path.substr(path.rfind('/') + 1);
  out.size = static_cast<std::uint64_t>(info.st_size);
  if (out.path.empty()) return {std::strerror(errno)};
  return {};
}

[[noreturn]] void spool_failed(const std::string& folder) {
  const int why = errno;
  throw Failure{std::string(why == ENOSPC || why == EDQUOT ? error::kDiskFull : error::kUnreadable),
                "cannot keep standard input in " + folder + ": " + std::strerror(why),
                "set TMPDIR to a folder with more room"};
}

int open_unlinked(const std::string& folder) {
  int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = folder + "/xmppftctl-XXXXXX";  // a file system without O_TMPFILE
  fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

}  // namespace

std::string uri_of_path(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "file://";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::strchr("-._~/", c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string path_of_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "file://";
  if (!uri.starts_with(kScheme)) return {};
  uri.remove_prefix(kScheme.size());
  std::string out;
  const auto nibble = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const bool escape = uri[i] == '%' && i + 2 < uri.size() &&
                        std::isxdigit(static_cast<unsigned char>(uri[i + 1])) &&
                        std::isxdigit(static_cast<unsigned char>(uri[i + 2]));
    out += escape ? static_cast<char>(nibble(uri[i + 1]) << 4 | nibble(uri[i + 2])) : uri[i];
    if (escape) i += 2;
  }
  return out;
}

std::string short_path(std::string_view path) {
  const char* home = std::getenv("HOME");
  const std::string_view prefix = home ? home : "";
  if (prefix.size() > 1 && path.starts_with(prefix) &&
      (path.size() == prefix.size() || path[prefix.size()] == '/')) {
    return "~" + std::string(path.substr(prefix.size()));
  }
  return std::string(path);
}

std::vector<SourceFile> check_files(const std::vector<std::string>& files) {
  std::vector<SourceFile> good;
  std::vector<std::string> bad;
  bool only_wrong_kinds = true;
  std::string hint;
  for (const auto& file : files) {
    SourceFile source;
    const auto complaint = look_at(file, source);
    if (complaint.text.empty()) {
      good.push_back(std::move(source));
      continue;
    }
    bad.push_back((file.empty() ? "''" : printable(file)) + ": " + complaint.text);
    only_wrong_kinds = only_wrong_kinds && complaint.wrong_kind;
    if (complaint.text == "is a directory") {
      hint =
          "send its files one by one, or packed: tar c DIR | xmppftctl send - --name DIR.tar --to "
          "JID";
    } else if (hint.empty() && file.empty()) {
      hint = "the name is empty: is a variable of the shell not set?";
    } else if (hint.empty() && complaint.wrong_kind) {
      hint = "what a program writes goes in by: xmppftctl send - --name NAME --to JID";
    } else if (hint.empty() && complaint.text == std::strerror(EACCES)) {
      hint = "xmppftd runs as you and can send only what you can read: ls -l " + printable(file);
    }
  }
  if (bad.empty()) return good;

  std::string message = bad[0];
  if (files.size() > 1) {
    message = std::to_string(bad.size()) + " of " + plural(files.size(), "file") +
              " cannot be sent, so none was queued";
    for (const auto& line : bad) message += "\n  " + line;
  }
  throw Failure{std::string(only_wrong_kinds ? error::kNotRegularFile : error::kUnreadable),
                message, hint};
}

int open_file(const SourceFile& file) {
  const int fd = ::open(file.path.c_str(), kToRead);
  if (fd < 0)
    throw Failure{std::string(error::kUnreadable),
                  printable(file.path) + ": " + std::strerror(errno), ""};
  return fd;
}

int spool(int from, std::uint64_t& size) {
  const char* folder_set = std::getenv("TMPDIR");
  const std::string folder = folder_set && *folder_set ? folder_set : "/var/tmp";
  const int to = open_unlinked(folder);
  if (to < 0) spool_failed(folder);
  std::vector<char> buffer(256 * 1024);
  size = 0;
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const std::string why = std::strerror(errno);
      ::close(to);
      throw Failure{std::string(error::kUnreadable), "cannot read standard input: " + why, ""};
    }
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const int why = errno;
        ::close(to);
        errno = why;
        spool_failed(folder);
      }
      done += put;
    }
    size += static_cast<std::uint64_t>(got);
  }
  ::lseek(to, 0, SEEK_SET);
  return to;
}

std::string folder_uri(const std::string& folder) {
  const std::string path = resolve(folder);
  struct stat info {};
  if (path.empty() || ::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    const bool missing = path.empty() && errno == ENOENT;
    throw usage("folder '" + printable(folder) +
                    "': " + (path.empty() ? std::strerror(errno) : "is not a directory"),
                missing ? "make it first: mkdir -p " + printable(folder) : "");
  }
  return uri_of_path(path == "/" ? path : path + "/");
}

std::string writable_folder_uri(const std::string& folder) {
  auto uri = folder_uri(folder);
  const int fd = open_unlinked(path_of_uri(uri));
  if (fd < 0) {
    throw Failure{
        "org.freedesktop.DBus.Error.AccessDenied",
        "folder '" + printable(folder) + "': no file can be made there: " + std::strerror(errno),
        "name a folder that you can write to: ls -ld " + printable(folder)};
  }
  ::close(fd);
  return uri;
}

std::string target_uri(const std::string& into) {
  struct stat info {};
  const bool folder =
      into.ends_with('/') || (::stat(into.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
  if (folder) return folder_uri(into);
  const auto slash = into.rfind('/');
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : into.substr(0, slash);
  const std::string name = slash == std::string::npos ? into : into.substr(slash + 1);
  return folder_uri(parent) + uri_of_path(name).substr(std::strlen("file://"));
}

}  // namespace xmppftctl
