// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "io/iq_channel.h"

namespace xmppftd {

/// The incoming SI sessions of one account by (peer's full JID, sid): never by sid alone (RELIABILITY SI1).
class SiSessions {
 public:
  /// Who hears of `<done/>` for a session.
  class Confirmable {
   public:
    virtual void on_done(IncomingIq request) = 0;

   protected:
    ~Confirmable() = default;
  };
  using Key = std::pair<std::string, std::string>;

  /// A session that waits for our answer (null) or runs. False when the key is live already.
  bool add(const Key& key) { return live_.emplace(key, nullptr).second; }
  void set(const Key& key, Confirmable* session) { live_[key] = session; }
  void remove(const Key& key) { live_.erase(key); }
  /// Null when there is none, or it has not been accepted.
  Confirmable* find(const Key& key) const {
    const auto found = live_.find(key);
    return found == live_.end() ? nullptr : found->second;
  }

  /// The file of this session is in place: a repeated question is answered once more (the first answer may be lost with
  /// the session it was sent in).
  void remember_published(const Key& key) {
    published_.push_back(key);
    if (published_.size() > kRemembered) published_.pop_front();
  }
  bool was_published(const Key& key) const {
    return std::find(published_.begin(), published_.end(), key) != published_.end();
  }

 private:
  static constexpr std::size_t kRemembered = 100;
  std::map<Key, Confirmable*> live_;
  std::deque<Key> published_;
};

}  // namespace xmppftd
