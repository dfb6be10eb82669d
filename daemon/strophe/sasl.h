// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "io/account_reason.h"

namespace xmppftd {

/// A user name or password as both sides of SASL compare it (SASLprep, RFC 4013): composed,
/// compatibility forms and odd spaces replaced. Nothing when SASLprep forbids it.
std::optional<std::string> saslprep(const std::string& text);

/// A user name inside a SCRAM message: "=2C" for a comma, "=3D" for an equals sign (RFC 5802 s5.1).
std::string scram_escaped(std::string_view name);

/// Whether a SCRAM challenge (RFC 5802 s5.1, base64) asks for 1 to 500,000 rounds. libstrophe
/// computes any number a server asks for, for hours, and reads "-1" as 4,294,967,295. What is no
/// SCRAM challenge is fine: libstrophe refuses it.
bool rounds_are_sane(std::string_view challenge);

/// The walk of one login through the mechanisms that the server offers and that we allow, strongest
/// first: SCRAM, and PLAIN if `allow_plain`; never DIGEST-MD5. A server may offer several of which
/// the password it keeps serves only one, so what it refuses by one it may take by the next.
class SaslWalk {
 public:
  SaslWalk(Secret password, bool allow_plain);

  /// The mechanism to try now; "" = none is left. Says why in down() then.
  std::string choose(const std::vector<std::string>& offered);
  /// The password in the form for the one that was chosen.
  const char* password() const noexcept;
  void forget_password();

  /// The server answered the chosen one with <failure/> (RFC 6120 s6.5).
  void failed(std::string_view condition, std::string_view text);
  void succeeded() noexcept { open_ = false; }
  /// The connection ended without an answer to it.
  void broke_off();
  bool is_open() const noexcept { return open_; }  ///< chosen, and not answered
  const std::string& mechanism() const noexcept { return chosen_.mechanism; }

  /// Whether another of those last offered is worth a try, at the same server.
  bool more() const;
  /// Whether the server refused us for good, by all that we may use: no other one of the domain
  /// would do better.
  bool refused() const;
  /// Why it ended, after choose() gave nothing, failed() or broke_off().
  Down down() const;

 private:
  struct Way {
    std::string mechanism;
    bool as_typed;  // not prepared: PLAIN leaves that to the server (RFC 4616 s2), which may not
    bool operator==(const Way&) const = default;
  };
  struct Try {
    Way way;
    std::string condition;  // "" = broken off
    std::string text;
  };
  std::optional<Way> next() const;
  std::vector<Way> ways() const;

  Secret typed_;
  Secret prepared_;
  bool allow_plain_;
  std::vector<std::string> offered_;
  std::vector<Try> tries_;  // answered, except what may succeed elsewhere
  std::optional<Try> last_;
  Way chosen_{"", false};
  bool open_ = false;
};

}  // namespace xmppftd
