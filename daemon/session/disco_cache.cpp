// SPDX-License-Identifier: MIT
#include "session/disco_cache.h"

namespace xmppftd {
namespace {

// No JID and no base64 holds a line feed, and no JID begins with one.
std::string key_of(const Caps& caps) { return "\n" + caps.hash + "\n" + caps.ver; }
std::string key_of(const Jid& full, const std::optional<Caps>& caps) {
  return full.str() + "\n" + (caps ? caps->node + "\n" + caps->hash + "\n" + caps->ver : "");
}

/// Does the hash that a resource shows in its presence say the same as its answer?
bool vouched_for(const Caps& caps, const DiscoInfo& info) {
  if (!caps.is_checkable()) return false;
  const auto ver = caps_ver(info);
  return ver && *ver == caps.ver;
}

std::size_t bytes_of(const DiscoInfo& info) {
  std::size_t bytes = 0;
  for (const auto& feature : info.features) bytes += feature.size();
  for (const auto& identity : info.identities) bytes += identity.name.size() + identity.type.size();
  for (const auto& form : info.forms)
    for (const auto& field : form.fields)
      for (const auto& value : field.values) bytes += value.size();
  return bytes;
}

}  // namespace

const DiscoInfo* DiscoCache::find(const Jid& full, const std::optional<Caps>& caps) {
  if (caps && caps->is_checkable())
    if (const auto* shared = find(key_of(*caps))) return shared;
  return find(key_of(full, caps));
}

const DiscoInfo* DiscoCache::find(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return &found->second->second;
}

void DiscoCache::put(const Jid& full, const std::optional<Caps>& caps, DiscoInfo info) {
  if (bytes_of(info) > kMaxBytes) return;
  const auto key = caps && vouched_for(*caps, info) ? key_of(*caps) : key_of(full, caps);
  if (const auto old = by_key_.find(key); old != by_key_.end()) erase(old);
  by_use_.emplace_front(key, std::move(info));
  by_key_[key] = by_use_.begin();
  if (by_use_.size() > kMaxAnswers) erase(by_key_.find(by_use_.back().first));
}

void DiscoCache::forget(const Jid& full) {
  const auto prefix = full.str() + "\n";
  auto entry = by_key_.lower_bound(prefix);
  while (entry != by_key_.end() && entry->first.compare(0, prefix.size(), prefix) == 0)
    erase(entry++);
}

void DiscoCache::erase(std::map<std::string, std::list<Entry>::iterator>::iterator entry) {
  by_use_.erase(entry->second);
  by_key_.erase(entry);
}

}  // namespace xmppftd
