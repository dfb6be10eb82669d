// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace xmppftd {

/// The stanzas of one session that libstrophe does not have yet. libstrophe's own queue cannot be
/// counted and is given away on a disconnect, so it gets one batch at a time.
class Outbox {
 public:
  static constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;  // ST7
  static constexpr std::size_t kMaxStanzas = 1000;
  /// A TLS record: libstrophe writes one at a time of a longer text, but any number of short texts.
  static constexpr std::size_t kBatch = 16 * 1024;

  bool empty() const noexcept { return stanzas_.empty(); }
  std::size_t stanzas() const noexcept { return stanzas_.size(); }
  /// False when the queue is full; nothing was added.
  [[nodiscard]] bool push(std::string xml) {
    if (stanzas_.size() >= kMaxStanzas || bytes_ + xml.size() > kMaxBytes) return false;
    bytes_ += xml.size();
    stanzas_.push_back(std::move(xml));
    return true;
  }
  /// The oldest stanzas as one text: at most kBatch bytes, or one stanza if it alone is longer.
  std::string pop_batch() {
    std::string batch = pop();
    while (!empty() && batch.size() + stanzas_.front().size() <= kBatch) batch += pop();
    return batch;
  }

 private:
  std::string pop() {
    std::string xml = std::move(stanzas_.front());
    stanzas_.pop_front();
    bytes_ -= xml.size();
    return xml;
  }

  std::deque<std::string> stanzas_;
  std::size_t bytes_ = 0;
};

}  // namespace xmppftd
