// SPDX-License-Identifier: MIT
#include "transport/s5b_carrier.h"

namespace xmppftd {

S5bCarrier::S5bCarrier(Bulk& bulk, Role role, UniqueFd socket, StreamLabel label)
    : bulk_(bulk), role_(role), socket_(std::move(socket)), label_(std::move(label)) {}

void S5bCarrier::start(FileEnd file, ByteRange range, Handler& handler) {
  file.rate = rate_;
  auto done = [&handler](Result<Moved> how) { handler.on_end(std::move(how)); };
  if (role_ == Role::Receiver) {
    move_ = bulk_.receive(std::move(socket_), std::move(file), range, progress_, std::move(done));
    return;
  }
  // Through a proxy a half-close may cut the rest off.
  const auto end =
      role_ == Role::ProxySender ? StreamEnd::DrainAndClose : StreamEnd::ShutdownAndWait;
  move_ = bulk_.send(std::move(socket_), std::move(file), range, end, progress_, std::move(done));
}

void S5bCarrier::set_rate(std::uint64_t bytes_per_second) {
  rate_ = bytes_per_second;
  if (move_) move_->set_rate(rate_);
}

}  // namespace xmppftd
