// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "io/carrier.h"
#include "io/timer.h"
#include "transport/transport.h"

namespace xmppftd {

/// A stream that the sender may still open by another method under the same sid. `to` says who
/// hears when it does; it changes hands with this.
struct SecondStream {
  std::unique_ptr<Transport::Attempt> attempt;
  std::shared_ptr<Transport::Opened> to;

  static SecondStream expect(Transport& transport, const StreamKey& key, const StreamTerms& terms,
                             Transport::Opened opened);
};

/// The carrier of an accepted stream that looks open to us and may not be to the sender: its proxy
/// may refuse the activation, and then it goes on in-band. While not one byte has come, the second
/// stream takes the first one's place, and the job sees one carrier.
class StreamSwitch final : public Carrier, private Carrier::Handler {
 public:
  static constexpr std::chrono::seconds kSecondWithin{60};  ///< after the first one broke

  StreamSwitch(Timers& timers, std::unique_ptr<Carrier> first, SecondStream second);

  void start(FileEnd file, ByteRange range, Carrier::Handler& handler) override;
  void set_rate(std::uint64_t bytes_per_second) override;
  const Progress& progress() const override { return current_->progress(); }
  const StreamLabel& label() const override { return current_->label(); }

 private:
  void replace(Result<std::unique_ptr<Carrier>> second);
  void on_end(Result<Moved> how) override;
  void report(Result<Moved> how);

  Timers& timers_;
  std::unique_ptr<Carrier> current_;
  SecondStream second_;
  Carrier::Handler* handler_ = nullptr;  // from start() on
  FileEnd file_;
  ByteRange range_;
  std::uint64_t rate_ = 0;
  std::optional<Error> broken_;  // how the first one ended, while the second is awaited
  std::unique_ptr<Timer> patience_;
};

}  // namespace xmppftd
