// SPDX-License-Identifier: MIT
#include "strophe/context.h"

#include <string.h>

#include <algorithm>
#include <cstdlib>

namespace xmppftd {

struct alignas(std::max_align_t) StropheHeap::Block {
  Block* older;
  Block* newer;
  std::size_t size;  // of what follows
  void* memory() noexcept { return this + 1; }
  static Block* of(void* memory) noexcept { return static_cast<Block*>(memory) - 1; }
};

StropheHeap::StropheHeap() noexcept
    : functions_{[](const std::size_t size, void* self) {
                   return static_cast<StropheHeap*>(self)->allocate(size);
                 },
                 [](void* memory, void* self) { static_cast<StropheHeap*>(self)->free(memory); },
                 [](void* memory, const std::size_t size, void* self) {
                   return static_cast<StropheHeap*>(self)->resize(memory, size);
                 },
                 this} {}

StropheHeap::~StropheHeap() {
  while (newest_ != nullptr) free(newest_->memory());
}

void* StropheHeap::allocate(std::size_t size) noexcept {
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
  if (block == nullptr) return nullptr;
  *block = {newest_, nullptr, size};
  if (newest_ != nullptr) newest_->newer = block;
  newest_ = block;
  ++blocks_;
  return block->memory();
}

void* StropheHeap::resize(void* memory, std::size_t size) noexcept {
  // Never realloc(): it could move the text and leave a copy behind.
  void* const moved = allocate(size);
  if (moved == nullptr || memory == nullptr) return moved;
  memcpy(moved, memory, std::min(size, Block::of(memory)->size));
  free(memory);
  return moved;
}

void StropheHeap::free(void* memory) noexcept {
  if (memory == nullptr) return;
  Block* const block = Block::of(memory);
  if (block->older != nullptr) block->older->newer = block->newer;
  (block->newer != nullptr ? block->newer->older : newest_) = block->older;
  --blocks_;
  explicit_bzero(memory, block->size);
  std::free(block);
}

xmpp_ctx_t* first_context() {
  static const auto& context = *new StropheContext([] {
    xmpp_initialize();
    static const auto& heap = *new StropheHeap;
    static const xmpp_log_t silent{nullptr, nullptr};
    StropheContext first(xmpp_ctx_new(heap.functions(), &silent));
    if (!first) std::abort();
    // Its parser takes the context for its own now.
    if (xmpp_stanza_t* const stanza = xmpp_stanza_new_from_string(first.get(), "<m/>"))
      xmpp_stanza_release(stanza);
    return first;
  }());
  return context.get();
}

StropheContext make_context(const StropheHeap& heap, const xmpp_log_t& log) {
  first_context();
  return StropheContext(xmpp_ctx_new(heap.functions(), &log));
}

}  // namespace xmppftd
