// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "io/bulk.h"
#include "io/iq_channel.h"
#include "io/socket.h"
#include "io/timer.h"
#include "model/namespaces.h"
#include "transport/address_policy.h"
#include "transport/peer_addresses.h"
#include "transport/s5b_config.h"
#include "transport/s5b_listener.h"
#include "transport/s5b_proxies.h"
#include "transport/transport.h"

namespace xmppftd {

class S5bIncoming;

/// What the S5B classes of one account work with. All of it outlives them.
struct S5bContext {
  IqChannel& iq;
  Network& network;
  Bulk& bulk;
  Timers& timers;
  S5bListener& listener;        ///< the daemon's
  S5bProxies& proxies;          ///< the account's
  const AddressPolicy& policy;  ///< the daemon's
  S5bConfig config;
  /// Of this account.
  std::shared_ptr<PeerAddresses> peers = std::make_shared<PeerAddresses>();
};

/// SOCKS5 Bytestreams (XEP-0065) as an SI stream method. Lives as long as the account and outlives
/// its Attempts; its Carriers need only `bulk`.
class S5bTransport final : public Transport {
 public:
  /// Registers for <query/> sets. They are answered <not-acceptable/>, without a look at the hosts
  /// in them, unless expect() waits for just that peer and sid.
  explicit S5bTransport(S5bContext context);
  ~S5bTransport() override;
  S5bTransport(const S5bTransport&) = delete;
  S5bTransport& operator=(const S5bTransport&) = delete;

  std::string_view method() const override { return kNsBytestreams; }
  std::unique_ptr<Attempt> prepare(const StreamTerms& terms, Callback<void()> ready) override;
  Result<void> can_open(const StreamTerms& terms) const override;
  std::unique_ptr<Attempt> open(const StreamKey& key, const StreamTerms& terms,
                                Opened done) override;
  std::unique_ptr<Attempt> expect(const StreamKey& key, const StreamTerms& terms,
                                  Opened done) override;
  /// Is this <query/> for a stream that expect() waits for?
  bool expects(const Jid& from, const Element& payload) const;

 private:
  friend class S5bIncoming;
  using Key = std::pair<Jid, std::string>;  // peer, sid
  void requested(IncomingIq iq);

  S5bContext context_;
  std::map<Key, S5bIncoming*> expected_;
};

}  // namespace xmppftd
