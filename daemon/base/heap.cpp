// SPDX-License-Identifier: MIT
#include "base/heap.h"

#include <malloc.h>

namespace xmppftd {

void bound_heap() noexcept {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // a fixed one does not grow
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

void trim_heap() noexcept {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace xmppftd
