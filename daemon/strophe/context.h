// SPDX-License-Identifier: MIT
#pragma once

#include <strophe.h>

#include <cstddef>
#include <memory>

namespace xmppftd {

/// The memory of one libstrophe context. Every block is wiped before it is freed, because
/// libstrophe keeps the password and SASL texts there and wipes nothing. What libstrophe forgot (it
/// leaks a SCRAM state when a login is cut short) goes with the heap.
class StropheHeap {
 public:
  StropheHeap() noexcept;
  ~StropheHeap();
  StropheHeap(const StropheHeap&) = delete;
  StropheHeap& operator=(const StropheHeap&) = delete;

  const xmpp_mem_t* functions() const noexcept { return &functions_; }
  std::size_t blocks() const noexcept { return blocks_; }  ///< allocated now

 private:
  struct alignas(std::max_align_t) Block;
  void* allocate(std::size_t size) noexcept;
  void* resize(void* memory, std::size_t size) noexcept;
  void free(void* memory) noexcept;

  xmpp_mem_t functions_;
  Block* newest_ = nullptr;
  std::size_t blocks_ = 0;
};

struct FreeContext {
  void operator()(xmpp_ctx_t* context) const noexcept { xmpp_ctx_free(context); }
};
using StropheContext = std::unique_ptr<xmpp_ctx_t, FreeContext>;

/// Initialises libstrophe the first time. The context is never freed: libstrophe's parser keeps a
/// pointer to the first context of the process. Never log in with it.
xmpp_ctx_t* first_context();

/// A context in `heap` that logs to `log`; both outlive it.
StropheContext make_context(const StropheHeap& heap, const xmpp_log_t& log);

}  // namespace xmppftd
