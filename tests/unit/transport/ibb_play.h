// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include "support/fake_bulk.h"
#include "support/fake_iq_channel.h"
#include "support/jid.h"
#include "transport/ibb_transport.h"
#include "unit/transport/two_peers.h"

namespace xmppftd::test {

/// An account with in-band bytestreams whose peer is played by the test: we send, or we receive.
struct IbbPlay final : Carrier::Handler {
  FakeTimers timers;
  FakeIqChannel iq{timers, kUs};
  FakeBulk bulk{timers};
  IbbConfig config;
  IbbTransport transport;
  StreamKey key{jid(kUs), jid(kPeer), "i781hf64", "label"};
  StreamTerms terms;
  int calls = 0, ends = 0;
  std::optional<Error> error;
  std::optional<Result<Moved>> ended;
  std::optional<std::uint64_t> limited;  // bytes/s
  std::unique_ptr<Transport::Attempt> attempt;
  std::unique_ptr<Carrier> carrier;

  explicit IbbPlay(IbbConfig its_config = {})
      : config(its_config), transport({iq, bulk, timers, config}) {}
  void on_end(Result<Moved> how) override {
    ++ends;
    ended = std::move(how);
    carrier.reset();  // as the job does
  }
  void on_server_limit(std::uint64_t rate) override { limited = rate; }
  Transport::Opened opened() {
    return [this](Result<std::unique_ptr<Carrier>> result) {
      ++calls;
      if (result)
        carrier = *std::move(result);
      else
        error = result.error();
      attempt.reset();
    };
  }

  // We send.
  void open() { attempt = transport.open(key, terms, opened()); }
  void expect_open(int block_size) {
    iq.expect("<iq type='set' to='" + kPeer +
              "'><open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='" +
              std::to_string(block_size) + "'/></iq>");
  }
  void send(const std::string& content, ByteRange range) {
    bulk.content = content;
    open();
    iq.take();
    iq.reply();
    REQUIRE(carrier);
    carrier->start(some_file(HashAlgo::Sha256), range, *this);
    timers.turn();
  }
  FakeIqChannel::Sent expect_data(int seq, const std::string& base64) {
    return iq.expect("<iq type='set' to='" + kPeer +
                     "'><data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' seq='" +
                     std::to_string(seq) + "'>" + base64 + "</data></iq>");
  }
  FakeIqChannel::Sent expect_close() {
    return iq.expect("<iq type='set' to='" + kPeer +
                     "'><close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/></iq>");
  }

  // We receive.
  void expect() { attempt = transport.expect(key, terms, opened()); }
  void peer(const std::string& id, const std::string& payload, const std::string& from = kPeer) {
    iq.inject("<iq type='set' id='" + id + "' from='" + from + "'>" + payload + "</iq>");
  }
  void peer_opens(const std::string& id = "o1", const std::string& from = kPeer) {
    peer(id, "<open xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' block-size='4'/>", from);
  }
  static std::string data(long seq, const std::string& text) {
    return "<data xmlns='http://jabber.org/protocol/ibb' sid='i781hf64' seq='" +
           std::to_string(seq) + "'>" + text + "</data>";
  }
  void block(long seq, const std::string& bytes, const std::string& from = kPeer) {
    peer("b" + std::to_string(seq), data(seq, to_base64(view_of(bytes))), from);
  }
  void peer_closes(const std::string& id = "c1", const std::string& from = kPeer) {
    peer(id, "<close xmlns='http://jabber.org/protocol/ibb' sid='i781hf64'/>", from);
  }
  void receive(std::uint64_t length, std::uint64_t offset = 0) {
    expect();
    peer_opens();
    iq.expect_result("o1");
    REQUIRE(carrier);
    carrier->start(some_file(HashAlgo::Sha256), {offset, length}, *this);
    timers.turn();
  }
  std::string written() const { return {bulk.written.begin(), bulk.written.end()}; }
  Error failure() {
    REQUIRE(ended.has_value());
    REQUIRE_FALSE(ended->ok());
    return ended->error();
  }
  void check_clean() {
    attempt.reset();
    carrier.reset();
    CHECK(bulk.block_handles() == 0);
  }
};

}  // namespace xmppftd::test
