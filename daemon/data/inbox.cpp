// SPDX-License-Identifier: MIT
#include "data/inbox.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace xmppftd {

Inbox::Inbox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Inbox::post(Callback<void()> task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) eventfd_write(event_.get(), 1);
}

std::vector<Callback<void()>> Inbox::take() {
  std::vector<Callback<void()>> taken;
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  eventfd_read(event_.get(), &count);
  taken.swap(tasks_);
  return taken;
}

void Inbox::close() {
  std::vector<Callback<void()>> unrun;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  unrun.swap(tasks_);
}

}  // namespace xmppftd
