// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "io/bulk.h"
#include "io/carrier.h"

namespace xmppftd {

/// A SOCKS5 bytestream that is open end to end: its descriptor goes to a worker at start(). Needs
/// nothing but the workers, so it survives the loss of the XMPP session.
class S5bCarrier final : public Carrier {
 public:
  /// Who sends ends its stream one way towards the peer and another way towards a proxy.
  enum class Role { Receiver, DirectSender, ProxySender };

  S5bCarrier(Bulk& bulk, Role role, UniqueFd socket, StreamLabel label);

  void start(FileEnd file, ByteRange range, Handler& handler) override;
  void set_rate(std::uint64_t bytes_per_second) override;
  const Progress& progress() const override { return *progress_; }
  const StreamLabel& label() const override { return label_; }

 private:
  Bulk& bulk_;
  const Role role_;
  UniqueFd socket_;
  const StreamLabel label_;
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  std::uint64_t rate_ = 0;
  std::unique_ptr<BulkTask> move_;
};

}  // namespace xmppftd
