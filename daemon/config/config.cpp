// SPDX-License-Identifier: MIT
#include "config/config.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"
#include "config/json_tree.h"
#include "config/keys.h"
#include "config/values.h"
#include "model/jid.h"

namespace xmppftd {
namespace {

constexpr off_t kMaxConfigSize = 1 << 20;

std::string environment_or(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

/// The folder the desktop calls "Downloads", from user-dirs.dirs, as xdg-user-dir(1) finds it.
std::string xdg_download_dir() {
  const auto home = environment_or("HOME", "/");
  std::ifstream dirs(environment_or("XDG_CONFIG_HOME", home + "/.config") + "/user-dirs.dirs");
  const std::string key = "XDG_DOWNLOAD_DIR=\"";
  for (std::string line; std::getline(dirs, line);) {
    if (line.rfind(key, 0) != 0) continue;
    auto path = line.substr(key.size(), line.rfind('"') - key.size());
    if (path.rfind("$HOME", 0) == 0) path.replace(0, 5, home);
    if (!path.empty() && path.front() == '/') return path;
  }
  return home + "/Downloads";
}

enum class Reading { Missing, Read, Failed };

/// `text` is the content, or what went wrong.
Reading read_file(const std::string& path, std::string& text) {
  // O_NONBLOCK: a FIFO in the place of a file must not hang the start.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!fd) {
    text = std::strerror(errno);
    return errno == ENOENT || errno == ENOTDIR ? Reading::Missing : Reading::Failed;
  }
  if (fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    text = "not a regular file";
    return Reading::Failed;
  }
  if (info.st_size > kMaxConfigSize) {
    text = "larger than 1 MiB";
    return Reading::Failed;
  }
  text.resize(static_cast<std::size_t>(info.st_size));
  const ssize_t n = read(fd.get(), text.data(), text.size());
  if (n < 0) {
    text = std::strerror(errno);
    return Reading::Failed;
  }
  text.resize(static_cast<std::size_t>(n));
  return Reading::Read;
}

std::vector<std::string> drop_ins(const std::string& folder) {
  std::vector<std::string> files;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return files;
  while (const dirent* entry = readdir(dir)) {
    const std::string name = entry->d_name;
    if (name.size() > 6 && name.front() != '.' && name.substr(name.size() - 6) == ".jsonc")
      files.push_back(folder + "/" + name);
  }
  closedir(dir);
  std::sort(files.begin(), files.end());
  return files;
}


std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<void> write_durably(const std::string& folder, const std::string& name, const std::string& text) {
  const auto failed = [&](const char* what) {
    return Error{Errc::Io, std::string(what) + " " + folder + "/" + name + ": " + std::strerror(errno)};
  };
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("cannot make the folder of");
  const UniqueFd dir(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string temporary = "." + name + ".new";
  unlinkat(dir.get(), temporary.c_str(), 0);
  const UniqueFd fd(openat(dir.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return failed("cannot create");
  if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(fd.get()) != 0)
    return failed("cannot write");
  if (renameat(dir.get(), temporary.c_str(), dir.get(), name.c_str()) != 0 || fsync(dir.get()) != 0)
    return failed("cannot replace");
  return {};
}

}  // namespace

ConfigPaths ConfigPaths::from_environment(const std::string& config_option) {
  ConfigPaths paths;
  const auto home = environment_or("HOME", "/");
  paths.folder = environment_or("XDG_CONFIG_HOME", home + "/.config") + "/xmppft";
  paths.drop_in_folder = paths.folder + "/config.d";
  std::istringstream dirs(environment_or("XDG_CONFIG_DIRS", "/etc/xdg"));
  // The first of XDG_CONFIG_DIRS is the most important, so it is read last.
  for (std::string dir; std::getline(dirs, dir, ':');)
    if (!dir.empty()) paths.files.insert(paths.files.begin(), dir + "/xmppft/config.jsonc");
  const auto named = config_option.empty() ? environment_or("XMPPFT_CONFIG", "") : config_option;
  paths.files.push_back(named.empty() ? paths.folder + "/config.jsonc" : named);
  paths.last_is_required = !named.empty();
  return paths;
}

Result<void> check_accept_rule(const AcceptRule& rule) {
  const bool wildcard = rule.from == "*" || rule.from == "roster" || rule.from.rfind("*@", 0) == 0;
  if (!wildcard) {
    auto jid = Jid::parse(rule.from);
    if (!jid || !jid->is_bare())
      return Error{Errc::Config, "from: " + quoted(rule.from) +
                                     " is neither a bare JID nor a pattern; want ann@example.org, *@example.org, roster or *"};
  } else if (rule.max_size == 0) {
    return Error{Errc::Config, "from: " + quoted(rule.from) + " needs a max_size, such as \"100Mi\""};
  }
  if (rule.directory.empty() || rule.directory.front() != '/')
    return Error{Errc::Config, "directory: " + quoted(rule.directory) + " is not an absolute path; say where files go"};
  return {};
}

Result<LoadedConfig> load_config(const ConfigPaths& paths) {
  LoadedConfig loaded;
  loaded.config.download_dir = xdg_download_dir();
  std::vector<std::string> errors;

  auto files = paths.files;
  const std::size_t user_file = files.empty() ? 0 : files.size() - 1;
  for (const auto& file : drop_ins(paths.drop_in_folder)) files.push_back(file);
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string text;
    const auto reading = read_file(files[i], text);
    if (reading == Reading::Missing && !(paths.last_is_required && i == user_file)) continue;
    if (reading != Reading::Read) {
      errors.push_back(files[i] + ":1:1: error: cannot be read: " + text);
      continue;
    }
    Diagnostics diagnostics(files[i]);
    const auto parsed = parse_json(text);
    if (const auto* mistake = std::get_if<JsonMistake>(&parsed))
      diagnostics.error(mistake->place, mistake->message);
    else
      apply_keys(std::get<JsonNode>(parsed), loaded.config, diagnostics);
    errors.insert(errors.end(), diagnostics.errors.begin(), diagnostics.errors.end());
    loaded.warnings.insert(loaded.warnings.end(), diagnostics.warnings.begin(), diagnostics.warnings.end());
  }
  if (errors.empty()) return loaded;
  std::string detail;
  for (const auto& line : errors) detail += (detail.empty() ? "" : "\n") + line;
  return Error{Errc::Config, detail};
}

Result<void> save_accept_rules(const ConfigPaths& paths, const std::vector<AcceptRule>& rules) {
  std::string text = "// Written by xmppftd on behalf of `xmppftctl policy`; your own settings go into other files.\n{\n"
                     "  \"auto_accept\": [";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    text += std::string(i == 0 ? "\n" : ",\n") + "    { \"from\": " + quoted(rule.from) +
            ", \"max_size\": " + std::to_string(rule.max_size) + ", \"directory\": " + quoted(rule.directory) +
            ", \"on_exists\": " + quoted(rule.on_exists) + " }";
  }
  text += rules.empty() ? "]\n}\n" : "\n  ]\n}\n";
  if (mkdir(paths.folder.c_str(), 0700) != 0 && errno != EEXIST)
    return Error{Errc::Io, "cannot make " + paths.folder + ": " + std::strerror(errno)};
  return write_durably(paths.drop_in_folder, "90-xmppftctl.jsonc", text);
}

}  // namespace xmppftd
