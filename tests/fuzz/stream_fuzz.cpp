// SPDX-License-Identifier: MIT
// What a server sends before and after the login, through expat and both stages to where libstrophe
// stands: limits hold, the chosen mechanism alone is seen, and how TCP cut the bytes does not
// matter. Of every end that it puts to the login the user is told in text that D-Bus can carry.
#include <expat.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "fuzz.h"
#include "strophe/down_reason.h"
#include "strophe/host.h"
#include "strophe/sasl.h"
#include "strophe/stanza_limiter.h"
#include "strophe/stream_gate.h"
#include "strophe/stream_policy.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

void check_sendable(const Down& down) {
  FUZZ_CHECK(!down.detail.empty() && is_bus_text(down.detail));
}

/// Where a server sends us is a name or an address without a byte that means something elsewhere.
void check_other_host(std::string_view content) {
  const auto other = parse_host_port(content);
  if (!other) return;
  FUZZ_CHECK(without_brackets("[" + other->host + "]") == other->host);
  FUZZ_CHECK(to_ascii(to_ascii(other->host)) == to_ascii(other->host));
  FUZZ_CHECK(!other->host.empty() &&
             other->host.find_first_of("[]/@<>\"' \t\r\n") == std::string::npos);
  if (other->host.find(':') != std::string::npos) FUZZ_CHECK(is_address(other->host));
  if (other->port == 0) return;
  const bool v6 = other->host.find(':') != std::string::npos;
  const auto written =
      (v6 ? "[" + other->host + "]" : other->host) + ":" + std::to_string(other->port);
  const auto again = parse_host_port(written);
  FUZZ_CHECK(again && again->host == other->host && again->port == other->port);
}

/// A session that allows what its first byte says, and walks through the mechanisms.
class Policy final : public StreamPolicy {
 public:
  explicit Policy(std::uint8_t rules) : rules_(rules), walk_(Secret("p\u00e4ssword"), rules & 1) {}
  Handshake handshake() override { return {}; }
  bool on_handshake_wait(std::uint64_t) override { return true; }
  void on_header(std::string_view from) override { FUZZ_CHECK(is_utf8(from)); }
  std::string choose_mechanism(const std::vector<std::string>& offered) override {
    chosen = walk_.choose(offered);
    FUZZ_CHECK(chosen.empty() ||
               std::find(offered.begin(), offered.end(), chosen) != offered.end());
    FUZZ_CHECK(chosen != "PLAIN" || rules_ & 1);
    FUZZ_CHECK(chosen.empty() || walk_.password()[0] != '\0');
    FUZZ_CHECK(chosen.empty() || chosen == "PLAIN" || chosen.starts_with("SCRAM-SHA-"));
    if (chosen.empty()) check_down();
    return chosen;
  }
  bool on_features(const Features&) override { return !(rules_ & 2); }
  bool on_challenge(std::string_view base64) override { return rounds_are_sane(base64); }
  void on_sasl_success() override {
    ++successes;
    walk_.succeeded();
  }
  void on_sasl_failure(std::string_view condition, std::string_view text) override {
    FUZZ_CHECK(is_utf8(condition) && is_utf8(text));
    if (!walk_.is_open()) return;
    walk_.failed(condition, text);
    check_down();
    FUZZ_CHECK(!(walk_.more() && walk_.refused()));
  }
  void end_of_stream() {
    if (!walk_.is_open()) return;
    walk_.broke_off();
    check_down();
    FUZZ_CHECK(!walk_.refused());
    walk_.forget_password();
    FUZZ_CHECK(walk_.password()[0] == '\0');
  }
  void on_bind_failure(std::string_view condition, std::string_view text) override {
    FUZZ_CHECK(is_utf8(condition) && is_utf8(text));
    check_sendable(bind_error(condition, text));
  }
  void on_stream_error(std::string_view condition, std::string_view content,
                       std::string_view text) override {
    FUZZ_CHECK(is_utf8(condition) && is_utf8(content) && is_utf8(text));
    check_sendable(stream_error(condition, text));
    check_other_host(content);
  }
  bool may_be_long(std::string_view, std::string_view from) override {
    return from.empty() && !(rules_ & 4) && !std::exchange(was_long_, true);
  }
  void on_truncated(bool) override {}
  void on_refused(std::string_view) override {}

  std::string chosen;
  int successes = 0;

 private:
  void check_down() { check_sendable(walk_.down()); }
  std::uint8_t rules_;
  SaslWalk walk_;
  bool was_long_ = false;
};

/// Where libstrophe stands: checks that the tree is well-formed and within the limits.
class Strophe final : public XmlEvents {
 public:
  explicit Strophe(Policy& policy) : policy_(policy) {}
  void start(const char* name, const char** attributes) override {
    open_.emplace_back(name);
    FUZZ_CHECK(open_.size() <= StanzaLimits::kDepth + 1);
    std::size_t count = 0;
    for (; attributes[0] != nullptr; attributes += 2, ++count) {
      FUZZ_CHECK(std::strchr(attributes[0], kNameSeparator) == nullptr);
      FUZZ_CHECK(is_utf8(attributes[0]) && is_utf8(attributes[1]));
      if (open_.size() > 1) {
        FUZZ_CHECK(std::strlen(attributes[1]) <= StanzaLimits::kAttributeBytes);
      }
      seen += std::string(attributes[0]) + "=" + attributes[1] + ";";
    }
    if (open_.size() > 1) FUZZ_CHECK(count <= StanzaLimits::kAttributes);
    seen += std::string("<") + name + ">";
  }
  void text(std::string_view text) override {
    FUZZ_CHECK(!open_.empty() && is_utf8(text));
    const bool mechanism = open_.size() == 4 &&
                           open_[1] ==
                               "http://etherx.jabber.org/streams\x1f"
                               "features" &&
                           open_[2] == "urn:ietf:params:xml:ns:xmpp-sasl\x1fmechanisms";
    if (mechanism) FUZZ_CHECK(text == policy_.chosen);
    seen += text;
  }
  void end(const char* name) override {
    FUZZ_CHECK(!open_.empty() && open_.back() == name);
    open_.pop_back();
    seen += "</>";
  }
  std::string seen;

 private:
  Policy& policy_;
  std::vector<std::string> open_;
};

/// Expat, both stages and Strophe in a row.
class Chain final : public XmlBrake {
 public:
  explicit Chain(std::uint8_t rules)
      : policy(rules), parser_(XML_ParserCreateNS("UTF-8", kNameSeparator), &XML_ParserFree) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(),
        [](void* self, const char* name, const char** attributes) {
          if (auto& chain = *static_cast<Chain*>(self); !chain.refused)
            chain.limiter_.start(name, attributes);
        },
        [](void* self, const char* name) {
          if (auto& chain = *static_cast<Chain*>(self); !chain.refused) chain.limiter_.end(name);
        });
    XML_SetCharacterDataHandler(parser_.get(), [](void* self, const char* text, int size) {
      if (auto& chain = *static_cast<Chain*>(self); !chain.refused)
        chain.limiter_.text({text, static_cast<std::size_t>(size)});
    });
  }
  void refuse(std::string_view why) override {
    FUZZ_CHECK(!why.empty());
    refused = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  void feed(std::string_view bytes, bool last = false) {
    if (refused || broken) return;
    const auto size = static_cast<int>(bytes.size());
    broken = XML_Parse(parser_.get(), bytes.data(), size, last) != XML_STATUS_OK;
  }

  Policy policy;
  Strophe strophe{policy};
  bool refused = false, broken = false;

 private:
  StreamGate gate_{strophe, *this};
  StanzaLimiter limiter_{gate_, *this};
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
};

/// What came out of it.
std::string play(std::uint8_t rules, std::string_view bytes, std::size_t cut) {
  Chain chain(rules);
  const PolicyScope scope(chain.policy);
  for (std::size_t at = 0; at < bytes.size(); at += cut) chain.feed(bytes.substr(at, cut));
  chain.policy.end_of_stream();
  chain.feed("", true);  // expat may see later that a token is none when its end comes later
  return std::string(chain.refused  ? "refused "
                     : chain.broken ? "broken "
                                    : "") +
         std::to_string(chain.policy.successes) + chain.strophe.seen;
}

void check_sasl(std::string_view text) {
  if (const auto prepared = saslprep(std::string(text)))
    FUZZ_CHECK(saslprep(*prepared) == prepared);
  const auto name = scram_escaped(text);
  FUZZ_CHECK(name.find(',') == std::string::npos);
  FUZZ_CHECK(std::count(name.begin(), name.end(), '=') ==
             std::count(text.begin(), text.end(), '=') + std::count(text.begin(), text.end(), ','));
  rounds_are_sane(text);
  rounds_are_sane(to_base64(view_of(text)));
  for (const char* rounds : {"1", "4096", "500000"})
    FUZZ_CHECK(rounds_are_sane(to_base64(view_of("r=x,s=eA==,i=" + std::string(rounds)))));
  for (const char* rounds : {"0", "-1", "500001", "x", "99999999999999999999"})
    FUZZ_CHECK(!rounds_are_sane(to_base64(view_of("r=x,s=eA==,i=" + std::string(rounds)))));
}

/// libstrophe's log, whose lines quote the server.
void check_log(std::string_view text) {
  LoginLog log;
  for (const char* area : {"xmpp", "tls"}) {
    for (const auto level : {XMPP_LEVEL_DEBUG, XMPP_LEVEL_WARN}) log.line(level, area, text);
    log.line(XMPP_LEVEL_DEBUG, area, "error:" + std::string(text));
  }
  log.line(XMPP_LEVEL_DEBUG, "xmpp", "connection failed, error " + std::string(text));
  FUZZ_CHECK(is_bus_text(log.tls_error()) && is_plain(log.tls_error()));
  FUZZ_CHECK(is_bus_text(log.complaint()) && is_plain(log.complaint()));
  check_sendable(connect_error(log.connect_error()));
  check_sendable(connection_lost(log.connect_error()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto rules = input.byte();
  const std::size_t cut = 1 + input.byte();
  if (rules & 128) {
    check_sasl(input.rest());
    check_log(input.rest());
    return 0;
  }
  const auto whole = play(rules, input.rest(), std::max<std::size_t>(1, input.rest().size()));
  FUZZ_CHECK(play(rules, input.rest(), cut) == whole);
  if (size < 512) FUZZ_CHECK(play(rules, input.rest(), 1) == whole);
  return 0;
}
