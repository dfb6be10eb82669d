// SPDX-License-Identifier: MIT
#include "bus/open_batches.h"

#include "bus/errors.h"

namespace xmppftd {
namespace {

constexpr std::chrono::minutes kIdle{5};

}  // namespace

void OpenBatches::keep(const Caller& caller, std::unique_ptr<SendBatch> batch) {
  const Key key{caller, batch->name()};
  auto& open = batches_[key];
  open.batch = std::move(batch);
  watch(key, open);
}

void OpenBatches::watch(const Key& key, Open& open) {
  open.idle = timers_.after(kIdle, [this, key] { batches_.erase(key); });
}

OpenBatches::Open& OpenBatches::find(const Caller& caller, const std::string& name) {
  const auto found = batches_.find({caller, name});
  if (found == batches_.end())
    throw to_bus_error(
        {Errc::BadState,
         "batch: you have none of that name open; it was submitted, refused, or not touched "
         "for 5 minutes. Open another one"});
  if (!found->second.idle)
    throw to_bus_error(
        {Errc::BadState, "batch: your call before is not answered yet; await its reply"});
  return found->second;
}

SendBatch& OpenBatches::begin_use(const Caller& caller, const std::string& name) {
  auto& open = find(caller, name);
  open.idle.reset();
  return *open.batch;
}

void OpenBatches::end_use(const Caller& caller, const std::string& name, bool keep) {
  const auto found = batches_.find({caller, name});
  if (found == batches_.end()) return;
  if (keep)
    watch(found->first, found->second);
  else
    batches_.erase(found);
}

std::unique_ptr<SendBatch> OpenBatches::take(const Caller& caller, const std::string& name) {
  auto batch = std::move(find(caller, name).batch);
  batches_.erase({caller, name});
  return batch;
}

void OpenBatches::client_left(const Caller& caller) {
  std::erase_if(batches_, [&](const auto& open) { return open.first.first == caller; });
}

}  // namespace xmppftd
