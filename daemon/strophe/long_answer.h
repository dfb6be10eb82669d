// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace xmppftd {

/// The one result of a session that may be longer than any other stanza: our
/// server's answer to our request for the contact list. It may come once for each request, for a
/// result is long only because we asked for it: libstrophe takes the square of the elements of one.
class LongAnswer {
 public:
  /// A stanza of ours goes out, as Element::to_xml() wrote it.
  void sent(std::string_view xml) {
    if (!xml.starts_with(kGet)) return;
    xml.remove_prefix(kGet.size());
    const auto end = xml.find('\'');
    if (end != xml.npos && xml.substr(end).starts_with(kRoster)) awaited_ = xml.substr(0, end);
  }
  /// A result of our own account's begins: is it the one? True once.
  bool take(std::string_view id) {
    if (awaited_.empty() || id != awaited_) return false;
    awaited_.clear();
    return true;
  }

 private:
  static constexpr std::string_view kGet = "<iq type='get' id='";
  static constexpr std::string_view kRoster = "'><query xmlns='jabber:iq:roster'";
  std::string awaited_;  // its id; "" = none
};

}  // namespace xmppftd
