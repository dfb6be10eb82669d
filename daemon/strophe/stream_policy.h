// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "xep/element.h"

namespace xmppftd {

/// What a session decides about its connection while libstrophe works on it. All calls come from
/// inside xmpp_run_once(), so an implementation only answers and takes notes: it must not touch its
/// connection's life.
class StreamPolicy {
 public:
  struct Handshake {
    std::string server_name;  ///< for SNI; "" = none, as for an address (RFC 6066 s3)
    bool alpn = false;        ///< says "xmpp-client" (XEP-0368)
  };
  /// Once, before a TLS handshake.
  virtual Handshake handshake() = 0;
  /// Before each of its steps, at least every 100 ms; `heard` bytes have come so far. False gives
  /// it up.
  virtual bool on_handshake_wait(std::uint64_t heard) = 0;

  /// The stream's root element; `from` is the domain that the server says it serves, "" = not said.
  virtual void on_header(std::string_view from) = 0;
  struct Features {
    bool starttls = false;
    bool bind = false;
    bool mechanisms = false;
    bool pre_approval = false;  ///< RFC 6121 section 3.4
  };

  /// Which of the SASL mechanisms the server offers libstrophe may see; "" = none of them.
  virtual std::string choose_mechanism(const std::vector<std::string>& offered) = 0;
  /// At the end of <stream:features/>. False refuses the stream.
  virtual bool on_features(const Features& features) = 0;
  /// A SASL challenge, base64. False refuses the stream.
  virtual bool on_challenge(std::string_view base64) = 0;
  virtual void on_sasl_success() = 0;
  /// Conditions are element names: "not-authorized", "" = none was given. `text` is the server's.
  virtual void on_sasl_failure(std::string_view condition, std::string_view text) = 0;
  /// The server refuses to bind the resource.
  virtual void on_bind_failure(std::string_view condition, std::string_view text) = 0;
  /// A <stream:error/>; `content` is the text of the condition itself, as <see-other-host/> has it.
  virtual void on_stream_error(std::string_view condition, std::string_view content,
                               std::string_view text) = 0;
  /// A result begins, with this id and `from` ("" = none): is it the contact list that we asked our
  /// server for, which may be of any length? No more than once for each request.
  virtual bool may_be_long(std::string_view id, std::string_view from) = 0;
  /// The payload of that result, just before libstrophe delivers its frame without it.
  virtual void on_contact_list(Element /*query*/) {}
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
