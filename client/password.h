// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace xmppftctl {

/// A password between the terminal and the daemon: 1..1023 bytes, never in a std::string, wiped at
/// the end.
class Password {
 public:
  static constexpr std::size_t kMax = 1023;

  /// Asks on the terminal with echo off; a signal that ends or stops the program puts it back on
  /// first. Throws a usage Failure if there is no terminal, or nothing was typed.
  static Password ask(const std::string& prompt);
  /// Reads `fd` to its end and drops one trailing newline. Throws a usage Failure if nothing or too
  /// much is there.
  static Password read(int fd);

  Password(Password&& other) noexcept;
  Password& operator=(Password&&) = delete;
  ~Password();

  std::string_view text() const { return {bytes_.data(), size_}; }
  /// A memfd that yields it, positioned at 0; the caller closes it. How it crosses the bus:
  /// monitors see no bytes.
  int as_fd() const;

 private:
  Password() = default;
  /// The number of the signal that came in place of an answer, or 0.
  int ask_once(int tty, const std::string& prompt);

  std::array<char, kMax + 2> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace xmppftctl
