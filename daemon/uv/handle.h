// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace xmppftd {

/// A libuv handle dies only this way: closed, and freed when libuv lets go. Its `data` is null from
/// then on, so a late callback finds nobody.
template <class H>
struct CloseThenDelete {
  void operator()(H* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* dead) { delete reinterpret_cast<H*>(dead); });
  }
};

template <class H>
using UvHandle = std::unique_ptr<H, CloseThenDelete<H>>;

/// For calls that fail only by our own mistake or out of descriptors at start.
inline void uv_must(int rc, const char* what) {
  if (rc == 0) return;
  std::fprintf(stderr, "%s: %s\n", what, uv_strerror(rc));
  std::abort();
}

}  // namespace xmppftd
