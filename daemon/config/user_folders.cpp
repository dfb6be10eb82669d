// SPDX-License-Identifier: MIT
#include "config/user_folders.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace xmppftd {
namespace {

/// `value` without slashes at its end; "" for what is no absolute path, or "/" itself.
std::string absolute(const char* value) {
  std::string_view path = value == nullptr ? "" : value;
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.starts_with('/') ? std::string(path) : std::string();
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return !path.empty() && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string shown(const char* value) {
  return value == nullptr ? "not set" : "\"" + std::string(value) + "\"";
}

}  // namespace

Result<std::string> home_folder() {
  const char* set = std::getenv("HOME");
  if (auto home = absolute(set); is_folder(home)) return home;
  // One thread runs yet, and the answer is copied at once: the plain call will do.
  const passwd* user = getpwuid(geteuid());
  const char* known = user == nullptr ? nullptr : user->pw_dir;
  if (auto home = absolute(known); is_folder(home)) return home;
  return Error{Errc::Config, "no home folder: HOME is " + shown(set) +
                                 ", and in the password database the home of user " +
                                 std::to_string(geteuid()) + " is " + shown(known) +
                                 "; set HOME to a folder of yours that is there"};
}

Result<std::string> user_folder(const char* variable, const std::string& below_home) {
  if (auto folder = absolute(std::getenv(variable)); !folder.empty()) return folder;
  auto home = home_folder();
  if (!home) return home;
  return *home + below_home;
}

}  // namespace xmppftd
