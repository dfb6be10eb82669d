// SPDX-License-Identifier: MIT
#include "strophe/session.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "strophe/certificate.h"
#include "strophe/host.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr auto kWholeLogin = 50s;
constexpr std::chrono::milliseconds kLookup = 20s;
constexpr auto kServerClose = 2500ms;  // libstrophe gives the server 2 s
// For how long a server may be silent before the next is tried: the less, the more there are.
constexpr std::chrono::milliseconds kSilence = 8s;
constexpr std::chrono::milliseconds kLeastSilence = 2s;
constexpr unsigned kMaxRedirects = 3;
constexpr unsigned kMaxResources = 3;

}  // namespace

Session::Session(const StreamServices& services, Login login, Handler& handler)
    : services_(services),
      login_(std::move(login)),
      handler_(handler),
      account_(log::shy(login_.jid.bare().str())),
      sasl_(std::move(login_.password), login_.allow_plain),
      deadline_(services.loop.now() + kWholeLogin),
      resource_(login_.jid.resource()) {
  resolve({std::string(login_.jid.domain()), login_.host, login_.port});
}

void Session::resolve(Question question) {
  state_ = State::Resolving;
  lookup_ = look_up(services_.loop, std::move(question),
                    [this](LookupAnswer answer) { resolved(std::move(answer)); });
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - services_.loop.now());
  limit(std::clamp(left, 1ms, kLookup), {AccountReason::NoDns, "the resolver gave no answer", ""});
}

void Session::resolved(LookupAnswer answer) {
  lookup_.reset();
  limit_.reset();
  for (auto& each : answer.steps) step(std::move(each));
  if (answer.candidates.empty()) {
    step(answer.why.detail);
    keep_worst(answer.why);
  }
  if (!login_.ca_file.empty()) {
    if (auto trouble = ca_file_trouble(login_.ca_file))
      return end({AccountReason::CaFile, std::move(*trouble), ""});
  }
  // Where a server sent us comes before the rest of those that we know.
  candidates_.insert(candidates_.begin(), answer.candidates.begin(), answer.candidates.end());
  state_ = State::Connecting;
  try_next();
}

void Session::try_next() {
  while (!candidates_.empty() && services_.loop.now() < deadline_) {
    current_ = std::move(candidates_.front());
    candidates_.pop_front();
    if (!current_.second_guess || strangers_.contains(current_.endpoint())) return try_current();
  }
  if (!candidates_.empty()) step("no time is left for the other servers");
  if (!worst_at_.empty()) worst_.detail = worst_at_ + ": " + worst_.detail;
  end(std::move(worst_));
}

void Session::try_current() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - services_.loop.now());
  const auto others = static_cast<long>(std::count_if(
      candidates_.begin(), candidates_.end(), [](const auto& one) { return !one.second_guess; }));
  const auto silence = std::clamp(left / (others + 1), kLeastSilence, kSilence);
  Stream::Handler& us = *this;
  stream_ = std::make_unique<Stream>(services_, login_, sasl_, us);
  if (auto failed = stream_->start(current_, resource_, silence)) {
    StreamOutcome end;
    end.why = std::move(*failed);
    return on_ended(std::move(end));
  }
  limit(std::max(left, 1ms), {AccountReason::Unreachable, "no login in time", ""});
}

void Session::on_bound(Jid bound) {
  state_ = State::Up;
  limit_.reset();
  sasl_.forget_password();
  step(current_.str() + ": logged in by " + sasl_.mechanism() + " as /" +
       log::printable(bound.resource()));
  if (const auto at = SocketAddress::parse(current_.address, current_.port))
    handler_.on_server(*at);
  handler_.on_up(bound);
}

void Session::on_ended(StreamOutcome ended) {
  stream_.reset();
  if (state_ != State::Connecting) return end(std::move(ended.why));
  step(current_.str() + ": " + ended.why.detail);
  if (ended.reached && !ended.heard) strangers_.insert(current_.endpoint());
  if (sasl_.refused()) return end(std::move(ended.why));
  if (services_.loop.now() < deadline_) {
    if (!ended.other_host.empty() && follow(ended.other_host)) return;
    if (try_current_again(ended)) return try_current();
  }
  keep_worst(ended.why);
  try_next();
}

/// With another mechanism or another resource.
bool Session::try_current_again(const StreamOutcome& ended) {
  if (ended.sasl_failed) return sasl_.more();
  if (ended.why.reason != AccountReason::Conflict || resources_ >= kMaxResources) return false;
  // RFC 6120 s7.7.2.2: another name, and at last whatever the server makes up.
  ++resources_;
  resource_ =
      resources_ == kMaxResources ? "" : std::string(login_.jid.resource()) + "-" + random_hex(2);
  return true;
}

/// <see-other-host/>, RFC 6120 s4.9.3.19: `to`, certificate rules and all else stay as they were.
bool Session::follow(const std::string& other_host) {
  const auto host = parse_host_port(other_host);
  if (!host) {
    step("that is no host: " + log::printable(other_host));
    return false;
  }
  if (++redirects_ > kMaxRedirects) {
    step("sent on more than " + std::to_string(kMaxRedirects) + " times");
    return false;
  }
  resolve({"", host->host, host->port});
  return true;
}

void Session::send(std::string xml) {
  if (state_ == State::Up) stream_->send(std::move(xml));
}

void Session::close() {
  if (state_ == State::Closing) return;
  const Down closed{AccountReason::User, "closed", ""};
  if (state_ != State::Up) return end(closed);
  state_ = State::Closing;
  limit(kServerClose, closed);
  stream_->close();
}

void Session::limit(std::chrono::milliseconds delay, Down why) {
  limit_ = services_.loop.after(delay, [this, why = std::move(why)] {
    if (state_ == State::Closing) return end(why);
    step(why.detail);
    keep_worst(why);
    end(worst_);
  });
}

void Session::step(std::string what) {
  log::info("xmpp", account_ + ": " + what);
  handler_.on_step(std::move(what));
}

void Session::keep_worst(const Down& why) {
  if (worst_.reason != AccountReason::None && why.reason <= worst_.reason) return;
  worst_ = why;
  worst_at_ = state_ == State::Connecting ? current_.endpoint() : "";
}

void Session::end(Down why) {
  lookup_.reset();
  stream_.reset();
  limit_.reset();
  handler_.on_down(std::move(why));
}

}  // namespace xmppftd
