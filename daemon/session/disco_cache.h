// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "model/jid.h"
#include "xep/xep0030_disco.h"
#include "xep/xep0115_caps.h"

namespace xmppftd {

/// Answers to disco#info, the least recently used forgotten past kMaxAnswers. One that its caps
/// vouch for (XEP-0115 section 5.4) is shared by all who show the same; any other is believed for
/// the one full JID that gave it, under the caps it showed then. Answers of more than kMaxBytes are
/// not kept.
class DiscoCache {
 public:
  static constexpr std::size_t kMaxAnswers = 1000;
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  /// What this resource said, or null. Valid until the next call.
  const DiscoInfo* find(const Jid& full, const std::optional<Caps>& caps);
  void put(const Jid& full, const std::optional<Caps>& caps, DiscoInfo info);
  /// The resource went offline: what it alone vouched for is forgotten.
  void forget(const Jid& full);
  std::size_t size() const noexcept { return by_key_.size(); }

 private:
  using Entry = std::pair<std::string, DiscoInfo>;
  const DiscoInfo* find(const std::string& key);
  void erase(std::map<std::string, std::list<Entry>::iterator>::iterator entry);

  std::list<Entry> by_use_;  // the latest first
  std::map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace xmppftd
