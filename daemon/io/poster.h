// SPDX-License-Identifier: MIT
#pragma once

#include "base/callback.h"

namespace xmppftd {

/// The way into another thread: a task to run on that thread's loop. Tasks run in the order
/// posted; those posted after the loop stopped are destroyed unrun. Any thread may post.
class Poster {
 public:
  virtual ~Poster() = default;
  virtual void post(Callback<void()> task) = 0;
};

}  // namespace xmppftd
