// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "strophe/stream_policy.h"
#include "strophe/xml_events.h"

namespace xmppftd {

/// The second stage behind the parser: what belongs to the stream and not to stanzas, put before
/// the current StreamPolicy ahead of libstrophe. Of the SASL mechanisms libstrophe sees only the
/// one that was chosen (it would otherwise try a wrong password with each in turn, and DIGEST-MD5),
/// and nothing is believed that came in clear behind <proceed/>. Also keeps from libstrophe 0.12.2
/// an empty <stream:error/>, on which it crashes. All else passes as it is, and everything does
/// while there is no policy.
class StreamGate final : public XmlEvents {
 public:
  StreamGate(XmlEvents& next, XmlBrake& brake) noexcept : next_(next), brake_(brake) {}

  void start(const char* name, const char** attributes) override;
  void text(std::string_view text) override;
  void end(const char* name) override;

 private:
  enum class Kind { Other, Features, Proceed, Challenge, Success, Failure, StreamError, BindError };
  /// What a failure says: the name and text of its condition, and the words for people.
  struct Complaint {
    std::string condition;
    std::string content;
    std::string text;
  };
  static Kind kind_of(std::string_view name, const char** attributes) noexcept;
  void start_child(std::string_view name);
  void start_condition(std::string_view name);
  void end_mechanisms();
  bool end_stream_element();

  XmlEvents& next_;
  XmlBrake& brake_;
  unsigned depth_ = 0;
  Kind kind_ = Kind::Other;  // of the element at depth 1
  bool empty_ = false;       // StreamError: nothing in it yet
  bool sealed_ = false;      // <proceed/> was the last thing to come in clear
  bool holding_ = false;     // inside <mechanisms/>
  StreamPolicy::Features features_;
  std::string mechanism_;
  std::vector<std::string> offered_;
  std::string challenge_;
  Complaint complaint_;
  bool in_error_ = false;         // BindError: inside <error/>
  std::string* words_ = nullptr;  // the part of the complaint that text belongs to
};

}  // namespace xmppftd
