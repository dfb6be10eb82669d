// SPDX-License-Identifier: MIT
#include "config/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/system_error.h"
#include "base/unique_fd.h"

namespace xmppftd {

Result<void> write_durably(const std::string& folder, const std::string& name,
                           const std::string& text) {
  const auto failed = [&](const char* what) {
    return system_error(errno, std::string(what) + " " + folder + "/" + name);
  };
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return failed("cannot make the folder of");
  const UniqueFd dir(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir) return failed("cannot open the folder of");
  const std::string temporary = "." + name + ".new";
  unlinkat(dir.get(), temporary.c_str(), 0);
  const UniqueFd fd(openat(dir.get(), temporary.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return failed("cannot create");
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = write(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot write");
    done += static_cast<std::size_t>(n);
  }
  if (fsync(fd.get()) != 0) return failed("cannot write");
  if (renameat(dir.get(), temporary.c_str(), dir.get(), name.c_str()) != 0 || fsync(dir.get()) != 0)
    return failed("cannot replace");
  return {};
}

Result<std::string> read_small_file(const std::string& path, std::size_t max_size, bool secret) {
  const auto failed = [] { return system_error(errno, ""); };
  const UniqueFd fd(
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | (secret ? O_NOFOLLOW : 0)));
  if (!fd) return failed();
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return failed();
  if (!S_ISREG(info.st_mode)) return Error{Errc::NotRegularFile, "not a regular file"};
  if (secret && ((info.st_mode & 077) != 0 || info.st_uid != geteuid()))
    return Error{Errc::Unreadable, "others can read it; make it yours alone with chmod 600"};
  if (static_cast<std::uint64_t>(info.st_size) > max_size)
    return Error{Errc::TooMany, "larger than " + std::to_string(max_size) + " bytes"};
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = read(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed();
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

}  // namespace xmppftd
