// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "io/bulk.h"
#include "io/iq_channel.h"
#include "io/timer.h"
#include "model/namespaces.h"
#include "transport/server_limit.h"
#include "transport/transport.h"

namespace xmppftd {

class IbbExpectation;
class IbbStream;

struct IbbConfig {
  /// Bytes, proposed to others. COMPAT QXmpp: refuses more; slixmpp: takes 8192, asked once.
  std::size_t block_size = 4096;
  std::size_t block_size_xmppftd = 16384;  ///< proposed to peers of our own kind
  std::size_t window = 4;                  ///< blocks under way, as far as kMaxInFlight allows
};

/// What the IBB classes of one account work with. All of it outlives them.
struct IbbContext {
  IqChannel& iq;
  Bulk& bulk;
  Timers& timers;
  IbbConfig config;
};

/// In-Band Bytestreams (XEP-0047) as an SI stream method: the last resort that always gets through.
/// Streams are found by (full JID of the peer, sid) and nothing less: stanzas from anybody else get
/// <item-not-found/> and touch nothing. We send blocks in IQs and take them in
/// IQs and messages. Lives as long as the account and outlives its Attempts and Carriers.
class IbbTransport final : public Transport {
 public:
  /// Bytes of all streams of the account together that may be unanswered; a block of each at least.
  /// A server that reads 3 kB/s (ejabberd's example) comes to the last of them within
  /// kAnswerWithin, and the 4 MiB that may wait for a server are far.
  static constexpr std::size_t kMaxInFlight = 128 * 1024;
  static constexpr std::size_t kMinBlock = 128;  ///< bytes; a peer that wants less gets no stream
  static constexpr std::chrono::seconds kAnswerWithin{60};
  /// COMPAT libpurple 2.14 never answers <close/>; the peer has acknowledged every block by then.
  /// Where the answer to <open/> took its time this may take three times as long, and behind a slow
  /// server as long as a block.
  static constexpr std::chrono::seconds kCloseAnswerWithin{3};

  explicit IbbTransport(IbbContext context);
  ~IbbTransport() override;
  IbbTransport(const IbbTransport&) = delete;
  IbbTransport& operator=(const IbbTransport&) = delete;

  std::string_view method() const override { return kNsIbb; }
  std::unique_ptr<Attempt> prepare(const StreamTerms& terms, Callback<void()> ready) override;
  std::unique_ptr<Attempt> open(const StreamKey& key, const StreamTerms& terms,
                                Opened done) override;
  std::unique_ptr<Attempt> expect(const StreamKey& key, const StreamTerms& terms,
                                  Opened done) override;

  /// Does this set belong to a stream that is open or expected? Those are not flood (ST7).
  bool carries(const Jid& from, const Element& payload) const;
  /// This full JID went offline: its streams end Interrupted.
  void peer_gone(const Jid& full);
  /// The session is over: every stream ends NotOnline.
  void session_ended();

 private:
  friend class IbbExpectation;
  friend class IbbOpening;
  friend class IbbStream;
  using Key = std::pair<Jid, std::string>;  // peer, sid
  void open_requested(IncomingIq iq);
  void data_arrived(IncomingIq iq);
  void message_arrived(const Jid& from, const Element& message);
  void close_requested(IncomingIq iq);
  IbbStream* find(const Jid& from, const Element& payload) const;
  void lose(const std::vector<Key>& keys, const Error& why);

  IbbContext context_;
  ServerLimit limit_;
  std::map<Key, IbbExpectation*> expected_;
  std::map<Key, IbbStream*> streams_;
  std::deque<Key> ended_;  // of late: their <close/> may still come
};

}  // namespace xmppftd
