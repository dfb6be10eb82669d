// SPDX-License-Identifier: MIT
#include "config/config.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/system_error.h"
#include "config/durable_file.h"
#include "config/json_tree.h"
#include "config/keys.h"
#include "config/user_folders.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxConfigSize = 1 << 20;

std::string environment_or(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

/// The folder the desktop calls "Downloads", from user-dirs.dirs, as xdg-user-dir(1) finds it.
Result<std::string> xdg_download_dir() {
  const auto found = home_folder();
  if (!found) return Error{Errc::Config, found.error().detail + ", or name a download_dir"};
  const std::string home = *found;
  std::ifstream dirs(user_folder("XDG_CONFIG_HOME", "/.config").value() + "/user-dirs.dirs");
  const std::string key = "XDG_DOWNLOAD_DIR=\"";
  for (std::string line; std::getline(dirs, line);) {
    if (line.rfind(key, 0) != 0) continue;
    auto path = line.substr(key.size(), line.rfind('"') - key.size());
    if (path.rfind("$HOME", 0) == 0) path.replace(0, 5, home);
    if (!path.empty() && path.front() == '/') return path;
  }
  return home + "/Downloads";
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

}  // namespace

Result<ConfigPaths> ConfigPaths::from_environment(const std::string& config_option) {
  ConfigPaths paths;
  auto folder = user_folder("XDG_CONFIG_HOME", "/.config");
  if (!folder) return folder.error();
  paths.folder = *folder + "/xmppft";
  paths.drop_in_folder = paths.folder + "/config.d";
  std::istringstream dirs(environment_or("XDG_CONFIG_DIRS", "/etc/xdg"));
  // The first of XDG_CONFIG_DIRS is the most important, so it is read last.
  for (std::string dir; std::getline(dirs, dir, ':');)
    if (dir.starts_with('/')) paths.files.insert(paths.files.begin(), dir + "/xmppft/config.jsonc");
  const auto named = config_option.empty() ? environment_or("XMPPFT_CONFIG", "") : config_option;
  paths.files.push_back(named.empty() ? paths.folder + "/config.jsonc" : named);
  paths.last_is_required = !named.empty();
  return paths;
}

Result<Config> load_config(const ConfigPaths& paths, const WordChecks& checks) {
  Config loaded;
  std::vector<std::string> errors;

  auto files = paths.files;
  const std::size_t user_file = files.empty() ? 0 : files.size() - 1;
  for (const auto& file : drop_ins(paths.drop_in_folder)) files.push_back(file);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto text = read_small_file(files[i], kMaxConfigSize);
    if (!text) {
      const bool may_be_missing = !(paths.last_is_required && i == user_file);
      if (text.error().code == Errc::FileMissing && may_be_missing) continue;
      errors.push_back(files[i] + ":1:1: error: cannot be read: " + text.error().detail);
      continue;
    }
    Diagnostics diagnostics(files[i]);
    const auto parsed = parse_json(*text);
    if (const auto* mistake = std::get_if<JsonMistake>(&parsed))
      diagnostics.error(mistake->place, mistake->message);
    else
      apply_keys(std::get<JsonNode>(parsed), loaded, diagnostics, checks);
    errors.insert(errors.end(), diagnostics.errors.begin(), diagnostics.errors.end());
  }
  if (loaded.download_dir.empty()) {
    auto downloads = xdg_download_dir();
    if (downloads)
      loaded.download_dir = std::move(*downloads);
    else
      errors.push_back("xmppftd: error: download_dir: " + downloads.error().detail);
  }
  if (errors.empty()) return loaded;
  std::string detail;
  for (const auto& line : errors) detail += (detail.empty() ? "" : "\n") + line;
  return Error{Errc::Config, detail};
}

Result<void> save_accept_rules(const ConfigPaths& paths, const std::vector<AcceptRule>& rules) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& rule : rules) {
    nlohmann::ordered_json row{{"from", rule.from}};
    if (!rule.on_exists.empty()) row["on_exists"] = rule.on_exists;
    if (rule.max_size > 0) row["max_size"] = rule.max_size;
    if (!rule.mime.empty()) row["mime"] = rule.mime;
    if (!rule.folder.empty()) row["directory"] = rule.folder;
    list.push_back(std::move(row));
  }
  const std::string text =
      "// Written by xmppftd on behalf of `xmppftctl policy`; your own settings go into other "
      "files.\n" +
      nlohmann::ordered_json{{"auto_accept", std::move(list)}}.dump(
          2, ' ', false, nlohmann::json::error_handler_t::replace) +
      "\n";
  if (mkdir(paths.folder.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(errno, "cannot make " + paths.folder);
  return write_durably(paths.drop_in_folder, "90-xmppftctl.jsonc", text);
}

}  // namespace xmppftd
