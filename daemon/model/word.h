// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace xmppftd {

/// A word of one of our lists, or one that is not on it: a newer version or an extension wrote it.
/// That one is E::Unknown for whoever decides, and keeps its text for whoever shows or stores it.
template <class E>
class Word {
 public:
  Word(E value = {}) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor)
  Word(const Word& other)
      : value_(other.value_),
        text_(other.text_ ? std::make_unique<const std::string>(*other.text_) : nullptr) {}
  Word(Word&&) noexcept = default;
  Word& operator=(Word other) noexcept {
    std::swap(value_, other.value_);
    text_.swap(other.text_);
    return *this;
  }
  static Word unknown(std::string text) {
    Word word(E::Unknown);
    word.text_ = std::make_unique<const std::string>(std::move(text));
    return word;
  }

  operator E() const noexcept { return value_; }  // NOLINT(google-explicit-constructor)
  friend std::string_view to_string(const Word& word) noexcept {
    return word.text_ ? std::string_view(*word.text_) : to_string(word.value_);
  }

 private:
  E value_;
  std::unique_ptr<const std::string> text_;  // no room of its own: hardly any word is unknown
};

}  // namespace xmppftd
