// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/callback.h"
#include "base/result.h"
#include "io/carrier.h"
#include "model/jid.h"

namespace xmppftd {

/// Names one stream between two full JIDs. Sessions are found by (peer, sid), never by sid alone.
struct StreamKey {
  Jid self;  ///< our full JID as the peer writes it (the `to` of its stanzas)
  Jid peer;  ///< full
  std::string sid;
  std::string
      method{};  ///< what its StreamLabel::method says: whoever builds it knows, not the transport
};

/// What this stream may do, from the account's ip_policy, the user's --method and the peer's
/// subscription.
struct StreamTerms {
  bool direct = true;  ///< advertise our own addresses (out); connect to the peer's addresses (in)
  bool proxy = true;   ///< use proxies
  /// in: connect to our own server's proxy and nothing else (ip_policy proxy-only)
  bool own_proxy_only = false;
  bool peer_is_xmppftd = false;  ///< bigger IBB blocks are safe
  /// Adds a line to the job's story: "direct", "192.0.2.1:4242 refused". May be empty.
  std::function<void(std::string_view what, std::string detail)> tell;
};

/// One SI stream method (XEP-0095 section 3.2) over one account's session.
class Transport {
 public:
  using Opened = Callback<void(Result<std::unique_ptr<Carrier>>)>;
  /// An opening under way. Destroying it cancels; `done` is then never called.
  class Attempt {
   public:
    virtual ~Attempt() = default;
  };

  virtual ~Transport() = default;
  virtual std::string_view method() const = 0;  ///< its namespace: the stream-method option
  /// Makes sure that open() can send its first stanza at once (proxies known, listener up).
  /// COMPAT Smack: waits only 5 s for it.
  /// `ready` comes within 5 s, whatever was found.
  [[nodiscard]] virtual std::unique_ptr<Attempt> prepare(const StreamTerms& terms,
                                                         Callback<void()> ready) = 0;
  /// Is there anything to open a stream with? Asked when prepare() was ready. Errors:
  /// NoCommonMethod when there is not, StreamFailed when there may be later.
  virtual Result<void> can_open(const StreamTerms& terms) const {
    static_cast<void>(terms);
    return {};
  }
  /// We offered and the peer chose this method. Errors: StreamFailed, Timeout, PeerOffline,
  /// NotOnline.
  [[nodiscard]] virtual std::unique_ptr<Attempt> open(const StreamKey& key,
                                                      const StreamTerms& terms, Opened done) = 0;
  /// We accepted with this method: from now on the peer may open the stream. Several transports may
  /// expect one key (the sender falls back from S5B to IBB with the same sid). Errors: as open().
  [[nodiscard]] virtual std::unique_ptr<Attempt> expect(const StreamKey& key,
                                                        const StreamTerms& terms, Opened done) = 0;
};

}  // namespace xmppftd
