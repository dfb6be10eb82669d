// SPDX-License-Identifier: MIT
#include "negotiation/stream_switch.h"

namespace xmppftd {
namespace {

/// Is it the stream that failed? A second one meets the same disk as the first.
bool is_streams(Errc code) noexcept {
  return code == Errc::Interrupted || code == Errc::StreamFailed || code == Errc::Timeout;
}

}  // namespace

SecondStream SecondStream::expect(Transport& transport, const StreamKey& key,
                                  const StreamTerms& terms, Transport::Opened opened) {
  SecondStream second;
  second.to = std::make_shared<Transport::Opened>(std::move(opened));
  second.attempt = transport.expect(
      key, terms,
      [to = second.to](Result<std::unique_ptr<Carrier>> carrier) { (*to)(std::move(carrier)); });
  return second;
}

StreamSwitch::StreamSwitch(Timers& timers, std::unique_ptr<Carrier> first, SecondStream second)
    : timers_(timers), current_(std::move(first)), second_(std::move(second)) {
  *second_.to = [this](Result<std::unique_ptr<Carrier>> carrier) { replace(std::move(carrier)); };
}

void StreamSwitch::start(FileEnd file, ByteRange range, Carrier::Handler& handler) {
  file_ = std::move(file);
  range_ = range;
  handler_ = &handler;
  current_->start(file_, range_, *this);
}

void StreamSwitch::set_rate(std::uint64_t bytes_per_second) {
  rate_ = bytes_per_second;
  current_->set_rate(rate_);
}

void StreamSwitch::replace(Result<std::unique_ptr<Carrier>> second) {
  second_.attempt.reset();
  if (!second || current_->progress().bytes.load(std::memory_order_relaxed) > 0) {
    if (broken_) report(*broken_);
    return;  // the bytes are on their way already: this stream is closed again
  }
  const Error why = broken_.value_or(Error{Errc::StreamFailed, "the sender could not use it"});
  broken_.reset();
  patience_.reset();
  // What the first one may still have in hand is written before the second's bytes (io/bulk.h
  // Bulk).
  current_ = *std::move(second);
  current_->set_rate(rate_);
  if (!handler_) return;
  current_->start(file_, range_, *this);
  handler_->on_switched(why);
}

void StreamSwitch::on_end(Result<Moved> how) {
  const bool moved = current_->progress().bytes.load(std::memory_order_relaxed) > 0;
  if (how || moved || !second_.attempt || !is_streams(how.error().code))
    return report(std::move(how));
  broken_ = how.error();
  patience_ = timers_.after(kSecondWithin, [this] { report(*broken_); });
}

void StreamSwitch::report(Result<Moved> how) {
  second_.attempt.reset();
  handler_->on_end(std::move(how));  // may destroy us
}

}  // namespace xmppftd
