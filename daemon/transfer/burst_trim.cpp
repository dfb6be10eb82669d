// SPDX-License-Identifier: MIT
#include "transfer/burst_trim.h"

#include "base/heap.h"

namespace xmppftd {

void BurstTrim::changed() {
  ++changes_;
  if (!timer_) timer_ = timers_.after(kEvery, [this] { look(); });
}

void BurstTrim::look() {
  timer_.reset();
  if (changes_ < kBurst) return;
  changes_ = 0;
  trim_heap();
}

}  // namespace xmppftd
