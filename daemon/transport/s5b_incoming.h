// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "transport/s5b_connector.h"
#include "transport/s5b_transport.h"

namespace xmppftd {

/// We are the target (XEP-0065 section 5): one accepted stream that the peer may now offer its
/// hosts for. It waits for them without limit of its own; then S5bConnector's budget runs.
///
///   AwaitingHosts -> AwaitingProxies (only where no other hosts are allowed) -> Connecting -> done
class S5bIncoming final : public Transport::Attempt {
 public:
  S5bIncoming(S5bTransport& transport, const StreamKey& key, const StreamTerms& terms,
              Transport::Opened done);
  /// Answers <not-acceptable/> where an answer is owed.
  ~S5bIncoming() override;
  S5bIncoming(const S5bIncoming&) = delete;
  S5bIncoming& operator=(const S5bIncoming&) = delete;

  /// The peer's hosts. The same IQ again gets the same answer, other ones after
  /// the first get <not-acceptable/>.
  void offered(IncomingIq iq, BytestreamsQuery query);

 private:
  static constexpr std::ptrdiff_t kProxyAmongFirst = 5;  ///< hosts tried
  void connect();
  void tell(std::string detail) const;
  std::string dst_addr_for(const StreamHost& host) const;
  bool is_allowed(const StreamHost& host) const;
  bool is_peers_own(const StreamHost& host) const;
  std::vector<StreamHost> worth_trying() const;
  Result<void> check_address(const StreamHost& host, const SocketAddress& address) const;
  bool is_own_listener(const SocketAddress& address) const;
  void stop_expecting();
  void connected(Result<S5bConnected> result);

  S5bTransport& transport_;
  const S5bContext& context_;
  const StreamKey key_;
  const StreamTerms terms_;
  const std::string dst_addr_;
  Transport::Opened done_;
  std::vector<IncomingIq> asked_;  // the peer's request and its repetitions
  BytestreamsQuery query_;
  std::unique_ptr<S5bProxies::Wait> proxies_;
  std::unique_ptr<S5bConnector> connector_;
};

}  // namespace xmppftd
