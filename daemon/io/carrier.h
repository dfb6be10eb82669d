// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/bulk.h"

namespace xmppftd {

/// Which way the bytes go, for Job1.Method and MethodDetail.
struct StreamLabel {
  std::string method;  ///< Method::word (model/method.h)
  std::string route;   ///< one of Method::routes, ""
  std::string host;    ///< address in use, "" when none
  std::uint16_t port = 0;
};

/// An agreed channel to one peer that moves one range of one file, out if we offered the stream, in
/// if we accepted it. How the bytes travel is not visible here: S5B hands its descriptor to a
/// worker, IBB trades blocks with one. A rate that is set before start() holds from the first byte.
class Carrier : public Paced {
 public:
  class Handler {
   public:
    /// label() says something else now: the sender goes on by another way, for that reason. Nothing
    /// had come yet.
    virtual void on_switched(const Error& why) { static_cast<void>(why); }
    virtual void on_end(Result<Moved> how) = 0;  ///< exactly once, last; may destroy the Carrier
    /// Our own server takes no more than `rate` bytes/s of this stream (in-band only). At most
    /// once; may destroy it too.
    virtual void on_server_limit(std::uint64_t rate) { static_cast<void>(rate); }

   protected:
    ~Handler() = default;
  };
  ~Carrier() override = default;  ///< cancels; no Handler call follows
  /// Once. `handler` outlives the Carrier.
  virtual void start(FileEnd file, ByteRange range, Handler& handler) = 0;
  virtual const Progress& progress() const = 0;
  virtual const StreamLabel& label() const = 0;
};

}  // namespace xmppftd
