// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "io/poster.h"
#include "io/timer.h"
#include "io/xmpp_link.h"

namespace xmppftd {

/// The one thread that owns every libstrophe object of every account (two threads inside libstrophe
/// break each other's SCRAM: its SHA-1 has one static buffer), and the links by which the core
/// talks to it. Made, used and destroyed on the core's thread.
///
/// A login can hang inside libstrophe for as long as a server likes to be silent in its TLS
/// handshake; then the core, by a timer that runs only while some link is connecting or closing,
/// cuts that connection after 10 s.
class XmppThread final : public XmppLinks {
 public:
  /// Starts the thread. `core` and `core_timers` are the core's loop and outlive this object.
  /// expat_seam_self_test() must have passed.
  XmppThread(Poster& core, Timers& core_timers);
  /// Ends what is still open and joins the thread: within 3 s, or 5 s when a login hangs. No
  /// Handler call follows.
  ~XmppThread() override;

  /// The link must be destroyed before the XmppThread.
  [[nodiscard]] std::unique_ptr<XmppLink> make(XmppLink::Handler& handler) override;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace xmppftd
