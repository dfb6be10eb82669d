// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/play.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd::test {

inline const std::string kS5bNs = "http://jabber.org/protocol/bytestreams";
inline const std::string kIbbNs = "http://jabber.org/protocol/ibb";
inline const std::string kAnnJid = kAnn + "/home";

/// A TCP connection of a foreign peer, byte by byte. Bytes are written as hexadecimal: "05 01 00".
class ForeignSocket final : private Socket::Handler {
 public:
  explicit ForeignSocket(Play& play) : play_(play) {}
  ForeignSocket(const ForeignSocket&) = delete;

  /// In one segment.
  void writes(std::string_view hex);
  void writes_text(std::string_view text);
  /// Just these bytes come next; plays until they are there.
  void reads(std::string_view hex);
  std::string takes(std::size_t count);
  /// Nothing came since.
  void reads_nothing();
  /// The other end closed; plays until it did.
  bool sees_end();
  void closes() { socket_.reset(); }

 private:
  friend class ForeignPeer;
  void on_connected() override { socket_->want(kPiece); }
  void on_bytes(ByteView bytes) override;
  void on_closed(Error) override { ended_ = true; }
  static constexpr std::size_t kPiece = 512;

  Play& play_;
  std::string got_;
  bool ended_ = false;
  std::unique_ptr<Socket> socket_;
};

/// A client of another kind under Bob's address, on a host of its own. It answers disco by itself;
/// whatever else it says and hears, in stanzas and in bytes, the test writes out: the dialogue with
/// a culprit as its sources and traces have it.
class ForeignPeer final : private XmppLink::Handler {
 public:
  static constexpr const char* kHost = "10.0.0.2";

  /// Logs in at once, and is seen by Ann.
  ForeignPeer(Play& play, const std::string& resource, std::vector<std::string> features);
  ~ForeignPeer();

  const std::string& jid() const { return jid_; }

  /// The next stanza must be this one, compared as FakeIqChannel does ("*" is any value); plays
  /// until it came. Returns it.
  Element hears(std::string_view xml, std::chrono::milliseconds within = 10s);
  /// Likewise, of an iq that holds this child: the child.
  Element hears_a(std::string_view child, std::chrono::milliseconds within = 10s);
  void hears_nothing();
  void says(std::string_view xml);
  /// To the iq last heard: a result around `payload`, an error around `condition`.
  void answers(std::string_view payload = "");
  void refuses(std::string_view error);
  /// Logs out, and what it has not looked at yet is lost.
  void leaves();
  /// Logs in again, under the same address.
  void returns();

  /// From now on connections to this port are taken, one by one, by accepts().
  void listens(std::uint16_t port);
  std::unique_ptr<ForeignSocket> accepts();
  std::unique_ptr<ForeignSocket> dials(const std::string& host, std::uint16_t port);
  /// To Ann's address in a `<query/>` of hers.
  std::unique_ptr<ForeignSocket> dials_first_host(const Element& query);

 private:
  void on_up(const Jid&) override {}
  void on_step(std::string) override {}
  void on_down(Down) override {}
  void on_stanza(Element stanza) override;

  Play& play_;
  const std::string jid_;
  const std::vector<std::string> features_;
  JoinedNetwork network_;
  std::unique_ptr<XmppLink> link_;
  std::deque<Element> heard_;
  Element last_iq_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::deque<UniqueFd> knocking_;
};

/// Ann is ours, the peer is not.
struct PeerPlay : Play {
  PeerPlay(const std::string& resource, std::vector<std::string> features);
  /// What XEP-0096 wants beside the methods.
  static std::vector<std::string> si_and(std::vector<std::string> methods);

  ForeignPeer peer;

  void ann_trusts_bob();
  /// Ann offers `content` and the peer answers the offer with `answer`. Returns the offer.
  Element peer_accepts(const std::string& content, std::string_view answer,
                       const std::string& way = "");
  /// The usual answer: this method.
  static std::string submit(const std::string& method);
  /// Ann has the file, whole.
  void check_ann_has(const std::string& content, const std::string& name = "notes.txt");
  /// Ann's job of a file sent to the peer ended well.
  void check_ann_sent(std::string_view method_and_route);
  /// A line of Ann's story, "what: detail", holds these words.
  bool ann_tells(std::string_view words, JobId id = 1) const;
  /// Ann's job came to `state`; plays until it did.
  void until_ann(const std::string& state, std::chrono::milliseconds limit = 30min);
};

}  // namespace xmppftd::test
