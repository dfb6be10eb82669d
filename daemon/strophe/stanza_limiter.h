// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "strophe/roster_reader.h"
#include "strophe/xml_events.h"

namespace xmppftd {

/// What one stanza may hold. An IBB block of 65,535 bytes is 87,380 characters.
struct StanzaLimits {
  static constexpr std::size_t kBytes = 256 * 1024;  ///< of names, attributes and text
  static constexpr unsigned kDepth = 32;
  static constexpr unsigned kElements = 4096;
  static constexpr unsigned kAttributes = 64;               ///< of one element
  static constexpr std::size_t kAttributeBytes = 8 * 1024;  ///< of one name or value
  /// A namespace is written once and stored with every element that inherits it.
  static constexpr std::size_t kNamespaceBytes = 1024;
  /// Of a stanza that is only counted any more: no server forwards so much.
  static constexpr std::size_t kGiveUpBytes = 16 * 1024 * 1024;
  /// Of the contact list that we asked our own server for, which RosterReader bounds.
  static constexpr std::size_t kLongGiveUpBytes = 1024 * 1024 * 1024;
};

/// The first stage behind the parser. Passes on
/// - attributes without a namespace, and xml:lang under that name; no others (ST1),
/// - text once per element boundary, however many pieces it came in, and none between
/// stanzas,
/// - of a stanza over a limit only what came before; the rest is counted until its end. The stream
/// goes on: dropping it
///   would let any stranger disconnect us. The current StreamPolicy is told; without one the parser
///   is stopped,
/// - of the contact list that we asked for its frame; the policy gets the rest from RosterReader.
class StanzaLimiter {
 public:
  StanzaLimiter(XmlEvents& next, XmlBrake& brake) noexcept : next_(next), brake_(brake) {}

  void start(const char* name, const char** attributes);
  void text(std::string_view piece);
  void end(const char* name);

 private:
  void measure(std::string_view name, const char** attributes);
  void count(std::size_t bytes);
  void go_over();
  static bool may_be_long(std::string_view name, const char** attributes);
  void flush();

  XmlEvents& next_;
  XmlBrake& brake_;
  unsigned depth_ = 0;     // open elements
  unsigned built_ = 0;     // of these, passed on: always the outermost ones
  unsigned elements_ = 0;  // of this stanza, like the next three
  std::size_t bytes_ = 0;
  bool over_ = false;
  bool long_ = false;  // our contact list
  RosterReader roster_;
  std::string text_;
  std::vector<const char*> kept_;
};

}  // namespace xmppftd
