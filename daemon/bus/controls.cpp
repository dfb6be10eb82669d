// SPDX-License-Identifier: MIT
#include "bus/controls.h"

#include <algorithm>

#include "bus/errors.h"

namespace xmppftd {

Controls::~Controls() {
  while (!controls_.empty()) answer(controls_.begin());
}

void Controls::add(Reply&& reply, const Verb& verb, const JobFilter& filter) {
  controls_.push_back({std::move(reply), &verb, !filter.ids.empty(), {}, 0, {}, {}, nullptr});
  const auto control = std::prev(controls_.end());
  for (const JobId id : filter.ids)
    if (queue_.find(id) == nullptr)
      control->failed.emplace_back(
          id, bus_error_name(Errc::NoSuchJob),
          "no job " + std::to_string(id) + " (newest is " + std::to_string(queue_.newest()) + ")");
  // From the newest on: those that run are mostly the oldest, and what is cancelled before them is
  // not started in their place.
  control->left = queue_.select(filter);
  begin_slice(control);
}

void Controls::begin_slice(Place control) {
  for (std::size_t i = 0; i < kSlice && !control->left.empty(); ++i) {
    const JobId id = control->left.back();
    control->left.pop_back();
    if (act(control, id)) ++control->awaited;
  }
  if (control->awaited == 0) later(control);
}

/// False: passed over.
bool Controls::act(Place control, JobId id) {
  const auto* record = queue_.find(id);
  // What another version may go on with is not swept away with the rest.
  if (!control->by_id &&
      (record == nullptr || record->state == JobState::Unknown || !control->verb->fits(*record)))
    return false;
  queue_.act(*control->verb, id,
             alive_.wrap([this, control, id](Result<void> how) { acted(control, id, how); }));
  return true;
}

void Controls::acted(Place control, JobId id, const Result<void>& how) {
  if (how)
    control->changed.push_back(id);
  else
    control->failed.emplace_back(id, bus_error_name(how.error().code), how.error().detail);
  if (--control->awaited == 0) later(control);
}

void Controls::later(Place control) {
  control->next = timers_.after(
      {}, [this, control] { control->left.empty() ? answer(control) : begin_slice(control); });
}

void Controls::answer(Place control) {
  std::sort(control->changed.begin(), control->changed.end());
  control->reply.give(control->changed, control->failed);
  controls_.erase(control);  // with the timer that may have called us
}

}  // namespace xmppftd
