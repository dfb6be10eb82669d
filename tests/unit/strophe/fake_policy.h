// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "strophe/long_answer.h"
#include "strophe/stream_policy.h"
#include "strophe/xml_events.h"

namespace xmppftd::test {

/// Answers as told and writes down what it was asked.
class FakePolicy final : public StreamPolicy {
 public:
  Handshake handshake() override { return {}; }
  bool on_handshake_wait(std::uint64_t) override { return true; }
  void on_header(std::string_view from) override {
    if (!from.empty()) notes.push_back("header from " + std::string(from));
  }
  std::string choose_mechanism(const std::vector<std::string>& offered) override {
    for (const auto& name : offered) notes.push_back("offered " + name);
    return choice;
  }
  bool on_features(const Features& features) override {
    notes.push_back(std::string("features") + (features.starttls ? " starttls" : "") +
                    (features.bind ? " bind" : "") + (features.mechanisms ? " mechanisms" : "") +
                    (features.pre_approval ? " pre-approval" : ""));
    return features_fine;
  }
  bool on_challenge(std::string_view base64) override {
    notes.push_back("challenge " + std::string(base64));
    return challenge_fine;
  }
  void on_sasl_success() override { notes.emplace_back("success"); }
  void on_sasl_failure(std::string_view condition, std::string_view text) override {
    notes.push_back(note("failure", condition, text));
  }
  void on_bind_failure(std::string_view condition, std::string_view text) override {
    notes.push_back(note("bind failure", condition, text));
  }
  void on_stream_error(std::string_view condition, std::string_view content,
                       std::string_view text) override {
    notes.push_back(note("stream error", condition, text) +
                    (content.empty() ? "" : " <" + std::string(content) + ">"));
  }
  bool may_be_long(std::string_view id, std::string_view from) override {
    return from.empty() && long_answer.take(id);
  }
  void on_contact_list(Element query) override { contact_list = std::move(query); }
  void on_truncated(bool truncated) override {
    notes.emplace_back(truncated ? "truncated" : "delivered");
  }
  void on_refused(std::string_view why) override {
    notes.push_back("refused: " + std::string(why));
  }

  std::string choice;
  LongAnswer long_answer;
  std::optional<Element> contact_list;
  bool features_fine = true;
  bool challenge_fine = true;
  std::vector<std::string> notes;

 private:
  static std::string note(std::string what, std::string_view condition, std::string_view text) {
    what += " " + std::string(condition);
    return text.empty() ? what : what + ": " + std::string(text);
  }
};

/// The end of a chain of stages: what came out, as text.
class Transcript final : public XmlEvents, public XmlBrake {
 public:
  void start(const char* name, const char** attributes) override {
    ++starts;
    std::string line = "<" + readable(name);
    for (; *attributes != nullptr; attributes += 2)
      line += std::string(" ") + readable(attributes[0]) + "=" + attributes[1];
    xml += line + ">";
  }
  void text(std::string_view text) override {
    ++texts;
    xml += text;
  }
  void end(const char* name) override { xml += "</" + readable(name) + ">"; }
  void refuse(std::string_view why) override { refusals.emplace_back(why); }

  std::string xml;
  int starts = 0;
  int texts = 0;
  std::vector<std::string> refusals;

 private:
  static std::string readable(std::string name) {
    for (char& c : name)
      if (c == kNameSeparator) c = '|';
    return name;
  }
};

/// Feeds a stage by hand.
template <class Stage>
class Feed {
 public:
  explicit Feed(Stage& stage) : stage_(stage) {}
  Feed& open(std::string name, std::vector<std::string> attributes = {}) {
    std::vector<const char*> list;
    for (const auto& item : attributes) list.push_back(item.c_str());
    list.push_back(nullptr);
    stage_.start(name.c_str(), list.data());
    names_.push_back(std::move(name));
    return *this;
  }
  Feed& text(std::string_view text) {
    stage_.text(text);
    return *this;
  }
  Feed& close() {
    stage_.end(names_.back().c_str());
    names_.pop_back();
    return *this;
  }
  Feed& element(std::string name, std::string_view content = "") {
    open(std::move(name));
    if (!content.empty()) text(content);
    return close();
  }

 private:
  Stage& stage_;
  std::vector<std::string> names_;
};

}  // namespace xmppftd::test
