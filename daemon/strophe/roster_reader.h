// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "xep/element.h"

namespace xmppftd {

/// Builds our server's answer to our request for the contact list (RFC 6121 section 2.1.4), which
/// may be of any length, past libstrophe: that takes time by the square of the children of one
/// element, and several times the memory. Keeps the contacts up to kMaxItems and, while they fit
/// kMaxGroupBytes, their groups; nothing else. What it leaves out is counted in a
/// `<left-out xmlns='urn:xmppft:left-out:0' items='…' groups='…'/>` at the end, for
/// Roster::parse().
class RosterReader {
 public:
  static constexpr std::size_t kMaxItems = 50'000;
  static constexpr std::size_t kMaxGroupBytes = 256 * 1024;
  /// of one attribute; more leaves out its item
  static constexpr std::size_t kMaxValue = 8 * 1024;
  static constexpr std::size_t kMaxGroupName = 1024;

  /// `depth` of the element: 2 is the answer's payload. Names are expanded (xml_events.h).
  void start(unsigned depth, std::string_view name, const char** attributes);
  /// Text that stands directly in the element of that depth.
  void text(unsigned depth, std::string_view piece);
  void end(unsigned depth);
  /// The payload, once its end has come; the reader is as new then.
  Element take();

 private:
  enum class In { Nothing, Item, Group };
  void start_item(const char** attributes);

  Element query_;
  Element item_;
  bool open_ = false;  // inside the payload
  In in_ = In::Nothing;
  std::size_t items_left_out_ = 0;
  std::size_t groups_left_out_ = 0;
  std::size_t group_bytes_ = 0;
};

}  // namespace xmppftd
