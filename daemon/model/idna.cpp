// SPDX-License-Identifier: MIT
#include "model/idna.h"

#include <idn2.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/text.h"

namespace xmppftd {
namespace {

using CString = std::unique_ptr<char, decltype(&std::free)>;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

bool has_a_label(std::string_view small) {
  return small.starts_with("xn--") || small.find(".xn--") != small.npos;
}

}  // namespace

Result<std::string> to_a_labels(std::string_view domain) {
  std::string small = lower(domain);
  if (is_ascii(small) && !has_a_label(small)) return small;
  char* out = nullptr;
  const int rc = idn2_to_ascii_8z(small.c_str(), &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const CString ascii(out, &std::free);
  if (rc != IDN2_OK) return Error{Errc::BadJid, idn2_strerror(rc)};
  return std::string(ascii.get());
}

Result<std::string> to_u_labels(const std::string& a_labels) {
  if (!has_a_label(a_labels)) return a_labels;
  char* out = nullptr;
  const int rc = idn2_to_unicode_8z8z(a_labels.c_str(), &out, 0);
  const CString unicode(out, &std::free);
  if (rc != IDN2_OK) return Error{Errc::BadJid, idn2_strerror(rc)};
  return std::string(unicode.get());
}

}  // namespace xmppftd
