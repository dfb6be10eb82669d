// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "transport/ibb_transport.h"
#include "xep/xep0047_ibb.h"

namespace xmppftd {

/// We open: proposes a block size, and half of it for as long as the peer answers
/// <resource-constraint/>.
class IbbOpening final : public Transport::Attempt {
 public:
  IbbOpening(IbbTransport& transport, const IbbContext& context, const StreamKey& key,
             std::size_t block_size, Transport::Opened done);

 private:
  void propose();
  void answered(IqReply reply);

  IbbTransport& transport_;
  const IbbContext& context_;
  const StreamKey key_;
  std::size_t block_size_;
  Transport::Opened done_;
  Timers::Clock::time_point asked_;
  std::unique_ptr<IqRequest> request_;
};

/// The peer may open this stream; waits without limit of its own.
class IbbExpectation final : public Transport::Attempt {
 public:
  IbbExpectation(IbbTransport& transport, const StreamKey& key, Transport::Opened done);
  ~IbbExpectation() override;
  IbbExpectation(const IbbExpectation&) = delete;
  IbbExpectation& operator=(const IbbExpectation&) = delete;

  void opened(IncomingIq iq, const IbbOpen& open);

 private:
  void stop_expecting();

  IbbTransport& transport_;
  const StreamKey key_;
  Transport::Opened done_;
};

}  // namespace xmppftd
