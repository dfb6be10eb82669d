// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace xmppftd {

/// A password: one owner, wiped when it goes, never copied into a log or another string by
/// accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) noexcept;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const { return Secret(text_); }
  bool empty() const noexcept { return text_.empty(); }
  /// Valid while the Secret lives; do not keep it.
  const char* reveal() const noexcept { return text_.c_str(); }

 private:
  void wipe() noexcept;
  std::string text_;
};

}  // namespace xmppftd
