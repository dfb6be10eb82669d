// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace xmppftd {

/// Between namespace and local name in an expanded name, as libstrophe asks expat for it. No XML
/// text can hold it.
inline constexpr char kNameSeparator = '\x1f';
/// The expanded name of an iq stanza.
inline constexpr std::string_view kIq =
    "jabber:client\x1f"
    "iq";

/// A stream of XML as a parser tells it, one call per event. Names are expanded:
/// "namespace\x1flocal", or "local" outside any namespace. Depth 0 is the stream's root element,
/// depth 1 a stanza.
class XmlEvents {
 public:
  /// `attributes`: name, value, name, value, ..., null.
  virtual void start(const char* name, const char** attributes) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void end(const char* name) = 0;

 protected:
  ~XmlEvents() = default;
};

/// Who can stop the parser that the events come from.
class XmlBrake {
 public:
  /// No event follows, the stream is broken. `why` is for people and fixed text of ours.
  virtual void refuse(std::string_view why) = 0;

 protected:
  ~XmlBrake() = default;
};

}  // namespace xmppftd
