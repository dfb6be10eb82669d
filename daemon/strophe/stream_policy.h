// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xmppftd {

/// What a session decides about its incoming stream while libstrophe parses it. All calls come from
/// inside xmpp_run_once(), so an implementation only answers and takes notes: it must not touch its
/// connection's life.
class StreamPolicy {
 public:
  struct Features {
    bool starttls = false;
    bool bind = false;
    bool mechanisms = false;
  };

  /// Which of the SASL mechanisms the server offers libstrophe may see; "" = none of them.
  virtual std::string choose_mechanism(const std::vector<std::string>& offered) = 0;
  /// At the end of <stream:features/>. False refuses the stream.
  virtual bool on_features(const Features& features) = 0;
  /// A SASL challenge, base64. False refuses the stream.
  virtual bool on_challenge(std::string_view base64) = 0;
  virtual void on_sasl_success() = 0;
  /// `condition` is the element's name: "not-authorized".
  virtual void on_sasl_failure(std::string_view condition) = 0;
  /// A result begins, with this id and `from` ("" = none): is it the contact list that we asked our
  /// server for, and so held to the wider limits? No more than once for each request.
  virtual bool may_be_long(std::string_view id, std::string_view from) = 0;
  /// True just before libstrophe delivers a stanza of which only a part was built because it went
  /// over a limit (ST6), false just after.
  virtual void on_truncated(bool truncated) = 0;
  /// The stream is broken: ill-formed, or it holds what XMPP forbids.
  virtual void on_refused(std::string_view why) = 0;

 protected:
  ~StreamPolicy() = default;
};

/// The policy for whatever this thread's parsers parse while the scope lives. Around every call
/// into libstrophe that can parse; scopes do not nest.
class PolicyScope {
 public:
  explicit PolicyScope(StreamPolicy& policy) noexcept { current_ = &policy; }
  ~PolicyScope() { current_ = nullptr; }
  PolicyScope(const PolicyScope&) = delete;
  PolicyScope& operator=(const PolicyScope&) = delete;

  /// Null outside any scope.
  static StreamPolicy* current() noexcept { return current_; }

 private:
  static inline thread_local StreamPolicy* current_ = nullptr;
};

}  // namespace xmppftd
