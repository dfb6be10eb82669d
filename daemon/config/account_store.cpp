// SPDX-License-Identifier: MIT
#include "config/account_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/private_folder.h"
#include "base/system_error.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "config/durable_file.h"
#include "config/json_tree.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxAccountFile = 64 << 10;
constexpr std::size_t kMaxPassword = 1023;
constexpr const char* kLastId = "last-id";

std::string to_json(const AccountSettings& settings) {
  nlohmann::ordered_json json{{"jid", settings.jid},
                              {"resource", settings.resource},
                              {"host", settings.host},
                              {"port", settings.port},
                              {"ca_file", settings.ca_file},
                              {"pin", settings.pin},
                              {"allow_plain", settings.allow_plain},
                              {"enabled", settings.enabled},
                              {"ip_policy", std::string(to_string(settings.ip_policy))}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Sets one key; false when the value is of the wrong kind or the key unknown.
bool apply(const JsonNode::Member& member, AccountSettings& settings) {
  const auto text = [&](std::string& into) {
    if (member.node.string() == nullptr) return false;
    into = *member.node.string();
    return true;
  };
  const auto flag = [&](bool& into) {
    if (member.node.boolean() == nullptr) return false;
    into = *member.node.boolean();
    return true;
  };
  if (member.key == "jid") {
    if (!text(settings.jid)) return false;
    const auto jid = Jid::parse(settings.jid);
    return jid && jid->is_bare();
  }
  if (member.key == "resource") return text(settings.resource);
  if (member.key == "host") return text(settings.host);
  if (member.key == "ca_file") return text(settings.ca_file);
  if (member.key == "pin")
    return text(settings.pin) && (settings.pin.empty() || from_hex(settings.pin));
  if (member.key == "allow_plain") return flag(settings.allow_plain);
  if (member.key == "enabled") return flag(settings.enabled);
  if (member.key == "port") {
    const auto* port = member.node.integer();
    if (port == nullptr || *port < 0 || *port > 65535) return false;
    settings.port = static_cast<std::uint16_t>(*port);
    return true;
  }
  if (member.key == "ip_policy") {
    std::string word;
    const auto policy = text(word) ? ip_policy_from(word) : std::nullopt;
    if (policy) settings.ip_policy = *policy;
    return policy.has_value();
  }
  return false;
}

Result<AccountSettings> from_json(const std::string& path, AccountId id, const std::string& text) {
  const auto parsed = parse_json(text);
  const auto wrong = [&](Place place, const std::string& what) {
    return Error{Errc::Config, path + ":" + std::to_string(place.line) + ":" +
                                   std::to_string(place.column) +
                                   ": error: " + printable(what, 1000)};
  };
  if (const auto* mistake = std::get_if<JsonMistake>(&parsed))
    return wrong(mistake->place, mistake->message);
  const auto* object = std::get<JsonNode>(parsed).object();
  if (object == nullptr) return wrong({}, "not an object");
  AccountSettings settings;
  settings.id = id;
  for (const auto& member : *object)
    if (!apply(member, settings))
      return wrong(member.key_place,
                   member.key + ": " + member.node.shown() +
                       " is not valid here; mend it, or remove the file and add the account again");
  if (settings.jid.empty()) return wrong({}, "jid is missing");
  return settings;
}

bool unlink_if_there(const std::string& path) {
  return unlink(path.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

std::string AccountStore::path_of(AccountId id, const char* suffix) const {
  return folder_ + "/" + std::to_string(id) + suffix;
}

Result<std::vector<AccountSettings>> AccountStore::load() const {
  for (const auto& folder : {parent_, folder_})
    if (auto ours = keep_private(folder); !ours) return ours.error();
  std::vector<AccountSettings> accounts;
  DIR* dir = opendir(folder_.c_str());
  if (dir == nullptr) {
    if (errno == ENOENT) return accounts;
    return Error{Errc::Config,
                 folder_ + ":1:1: error: cannot be read: " + system_error(errno, "").detail};
  }
  std::vector<AccountId> ids;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name.size() < 6 || name.substr(name.size() - 5) != ".json") continue;
    if (const auto id = parse_decimal(name.substr(0, name.size() - 5)); id && *id > 0)
      ids.push_back(*id);
  }
  closedir(dir);
  std::sort(ids.begin(), ids.end());
  for (const AccountId id : ids) {
    const auto path = path_of(id, ".json");
    const auto text = read_small_file(path, kMaxAccountFile, true);
    if (!text)
      return Error{Errc::Config, path + ":1:1: error: cannot be used: " + text.error().detail};
    auto settings = from_json(path, id, *text);
    if (!settings) return settings.error();
    accounts.push_back(std::move(*settings));
  }
  return accounts;
}

Result<AccountId> AccountStore::take_id() const {
  AccountId last = 0;
  if (const auto text = read_small_file(folder_ + "/" + kLastId, 32))
    last = parse_decimal(std::string_view(*text).substr(0, text->find('\n'))).value_or(0);
  // The file may be gone: an id in use is never given again all the same.
  const auto accounts = load();
  if (accounts)
    for (const auto& account : *accounts) last = std::max(last, account.id);
  mkdir(parent_.c_str(), 0700);
  if (auto saved = write_durably(folder_, kLastId, std::to_string(last + 1) + "\n"); !saved)
    return saved.error();
  return last + 1;
}

Result<void> AccountStore::save(const AccountSettings& settings) const {
  mkdir(parent_.c_str(), 0700);  // write_durably makes only the last part, and tells if this failed
  return write_durably(folder_, std::to_string(settings.id) + ".json", to_json(settings));
}

Result<void> AccountStore::remove(AccountId id) const {
  // The password first: should we die in between, no secret is left behind without its account.
  if (auto forgotten = forget_password(id); !forgotten) return forgotten;
  if (!unlink_if_there(path_of(id, ".json")))
    return system_error(errno, "cannot remove " + path_of(id, ".json"));
  return {};
}

Result<Secret> AccountStore::load_password(AccountId id) const {
  auto text = read_small_file(path_of(id, ".password"), kMaxPassword, true);
  if (text) return Secret(std::move(*text));
  if (text.error().code == Errc::FileMissing)
    return Error{Errc::NoPassword, "no password is kept; set one with xmppftctl account passwd " +
                                       std::to_string(id)};
  const auto code = text.error().code == Errc::Unavailable ? Errc::Unavailable : Errc::SecretStore;
  return Error{code, path_of(id, ".password") + ": " + text.error().detail};
}

Result<void> AccountStore::save_password(AccountId id, const Secret& password) const {
  mkdir(parent_.c_str(), 0700);
  return write_durably(folder_, std::to_string(id) + ".password", password.reveal());
}

Result<void> AccountStore::forget_password(AccountId id) const {
  if (!unlink_if_there(path_of(id, ".password")))
    return system_error(errno, "cannot remove " + path_of(id, ".password"));
  return {};
}

}  // namespace xmppftd
