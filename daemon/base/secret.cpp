// SPDX-License-Identifier: MIT
#include "base/secret.h"

#include <string.h>

#include <utility>

namespace xmppftd {
namespace {

/// The whole buffer: a short string leaves its bytes behind when it is moved from.
void wipe_all(std::string& text) noexcept {
  text.resize(text.capacity());  // never allocates
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(std::string text) noexcept : text_(std::move(text)) { wipe_all(text); }

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  other.wipe();
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept { wipe_all(text_); }

}  // namespace xmppftd
