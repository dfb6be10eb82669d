// SPDX-License-Identifier: MIT
#include "strophe/session.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr auto kWholeLogin = 50s;
constexpr auto kLookup = 20s;
constexpr auto kOneAddress = 30s;  // libstrophe gives TCP 5 s of it
constexpr auto kClose = 2500ms;    // libstrophe gives the server 2 s

}  // namespace

Session::Session(const StreamServices& services, Login login, Handler& handler)
    : services_(services),
      login_(std::move(login)),
      handler_(handler),
      deadline_(services.loop.now() + kWholeLogin) {
  lookup_ = look_up(services_.loop, std::string(login_.jid.domain()), login_.host, login_.port,
                    [this](Result<std::vector<Candidate>> found) { resolved(std::move(found)); });
  limit(kLookup, {Errc::Dns, "the resolver gave no answer in 20 s"});
}

void Session::resolved(Result<std::vector<Candidate>> found) {
  lookup_.reset();
  if (!found) return end(std::move(found.error()));
  if (!login_.ca_file.empty() && ::access(login_.ca_file.c_str(), R_OK) != 0)
    return end({Errc::Tls, "ca_file " + login_.ca_file + ": " + strerrordesc_np(errno)});
  candidates_ = std::move(*found);
  state_ = State::Connecting;
  try_next();
}

void Session::try_next() {
  const Candidate& candidate = candidates_[next_++];
  Stream::Handler& us = *this;
  stream_ = std::make_unique<Stream>(services_, login_, us);
  if (auto started = stream_->start(candidate); !started)
    return on_ended(std::move(started.error()), false);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - services_.loop.now());
  limit(std::min<std::chrono::milliseconds>(kOneAddress, left),
        {Errc::Timeout, "no login to " + candidate.str() + " in time"});
}

void Session::on_bound(Jid bound) {
  state_ = State::Up;
  limit_.reset();
  log::info("xmpp", account() + ": logged in at " + candidates_[next_ - 1].str());
  login_.password = Secret();
  handler_.on_up(bound);
}

void Session::on_ended(Error why, bool reached) {
  stream_.reset();
  if (state_ != State::Connecting || reached) return end(std::move(why));
  const std::string at = candidates_[next_ - 1].str();
  log::debug("xmpp", account() + ": " + at + ": " + why.detail);
  if (next_ < candidates_.size() && services_.loop.now() < deadline_) return try_next();
  why.detail = at + ": " + why.detail;
  if (next_ > 1) why.detail += " (the last of " + std::to_string(next_) + " addresses)";
  end(std::move(why));
}

void Session::send(std::string xml) {
  if (state_ == State::Up) stream_->send(std::move(xml));
}

void Session::close() {
  if (state_ == State::Closing) return;
  const Error closed{Errc::Cancelled, "closed"};
  if (state_ != State::Up) return end(closed);
  state_ = State::Closing;
  limit(kClose, closed);
  stream_->close();
}

void Session::limit(std::chrono::milliseconds delay, Error why) {
  limit_ = services_.loop.after(delay, [this, why = std::move(why)] { end(why); });
}

void Session::end(Error why) {
  lookup_.reset();
  stream_.reset();
  limit_.reset();
  handler_.on_down(std::move(why));
}

std::string Session::account() const { return log::shy(login_.jid.bare().str()); }

}  // namespace xmppftd
