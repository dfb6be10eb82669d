// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "transport/s5b_carrier.h"
#include "transport/s5b_connector.h"
#include "transport/s5b_transport.h"

namespace xmppftd {

/// Every DST.ADDR that may mean the stream `key` of which we are the requester: over full and bare
/// JIDs, and as QXmpp computes it.
std::vector<std::string> dst_addr_variants(const StreamKey& key);

/// We are the requester (XEP-0065 sections 5 and 6): offers our own addresses and our proxies, and
/// follows the target to the one that it used.
///
///   Offered -> Open                                    the target came to our listener
///   Offered -> ConnectingToProxy -> Activating -> Open
///
/// COMPAT Openfire: its proxy pumps from the second connection to the first, so it is dialled only
/// after the target's answer; activated twice it scrambles the bytes, so never again. It forgets an
/// offer after ten minutes, which then fails like any other proxy and goes on in-band.
class S5bOutgoing final : public Transport::Attempt {
 public:
  static constexpr std::size_t kMaxHosts = 5;  ///< COMPAT Psi: ignores more
  /// COMPAT slixmpp: answers when its last connect failed, after 130 s; gloox: never does.
  static constexpr std::chrono::seconds kAnswerWithin{150};
  static constexpr std::chrono::seconds kSlowAfter{30};
  static constexpr std::chrono::seconds kActivateWithin{20};

  S5bOutgoing(const S5bContext& context, const StreamKey& key, const StreamTerms& terms,
              Transport::Opened done);
  S5bOutgoing(const S5bOutgoing&) = delete;
  S5bOutgoing& operator=(const S5bOutgoing&) = delete;

 private:
  void collect_hosts();
  std::vector<SocketAddress> likely_addresses() const;
  std::vector<StreamHost> own_hosts() const;
  std::vector<StreamHost> proxy_places() const;
  void answered(IqReply reply);
  void follow(const std::string& used);
  void use_direct();
  void connect_to_proxy(const std::string& jid, std::vector<StreamHost> places);
  void activate(const Jid& proxy, S5bConnected connected);
  void tell(std::string_view what, std::string detail) const;
  void fail(Errc code, std::string detail);
  void open(S5bCarrier::Role role, UniqueFd socket, const SocketAddress& far_end);

  const S5bContext& context_;
  const StreamKey key_;
  const StreamTerms terms_;
  Transport::Opened done_;
  std::vector<StreamHost> hosts_;
  std::unique_ptr<S5bListener::Ticket> ticket_;
  std::unique_ptr<IqRequest> request_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<S5bConnector> connector_;
};

}  // namespace xmppftd
