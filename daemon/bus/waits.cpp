// SPDX-License-Identifier: MIT
#include "bus/waits.h"

#include <algorithm>

#include "base/text.h"
#include "bus/options.h"

namespace xmppftd {

void Waits::add(Reply& reply, std::vector<JobId> ids, const std::string& until,
                std::chrono::microseconds timeout, const Caller& client) {
  if (ids.empty() || ids.size() > kMaxArray) throw invalid_args("ids: want 1 to 1000 jobs");
  Wait wait{{}, std::move(ids), {}, Until::Finished, client, nullptr};
  if (until == "any-finished")
    wait.until = Until::AnyFinished;
  else if (until == "started")
    wait.until = Until::Started;
  else if (until != "finished")
    throw invalid_args("until: " + in_quotes(until, 60) +
                       " is not one of finished, any-finished, started");
  for (const JobId id : wait.ids)
    if (queue_.find(id) == nullptr)
      throw to_bus_error({Errc::NoSuchJob, "no job " + std::to_string(id) + " (newest is " +
                                               std::to_string(queue_.newest()) + ")"});
  wait.set.insert(wait.ids.begin(), wait.ids.end());
  if (is_over(wait)) {
    wait.reply = std::move(reply);
    return answer(wait);
  }
  std::erase_if(wait.set, [this, &wait](JobId id) {
    return wait.until == Until::Finished && is_finished(id);
  });
  const auto waiting = std::count_if(waits_.begin(), waits_.end(),
                                     [&](const Wait& w) { return w.client == client; });
  if (static_cast<std::size_t>(waiting) >= kPerClient)
    throw to_bus_error(
        {Errc::TooMany, "this program waits 64 times already; wait for several jobs in one call"});
  wait.reply = std::move(reply);
  waits_.push_back(std::move(wait));
  if (timeout.count() == 0) return;
  const auto here = std::prev(waits_.end());
  // Rounded up: an answer before its time would be a lie.
  here->timer = timers_.after(std::chrono::ceil<std::chrono::milliseconds>(timeout), [this, here] {
    Wait late = std::move(*here);
    waits_.erase(here);
    answer(late);
  });
}

void Waits::job_changed(JobId id) {
  for (auto it = waits_.begin(); it != waits_.end();) {
    const auto here = it++;
    if (here->set.count(id) == 0 || !is_over(*here, id)) continue;
    Wait over = std::move(*here);
    waits_.erase(here);
    answer(over);
  }
}

void Waits::client_left(const Caller& client) {
  waits_.remove_if([&](const Wait& wait) { return wait.client == client; });
}

bool Waits::is_finished(JobId id) const {
  const auto* record = queue_.find(id);
  // null: removed meanwhile. Of a state that is not ours we would never learn that it has ended.
  return record == nullptr || !is_live(record->state);
}

/// `changed` is the only job that changed since it was not. What has finished stays so and is not
/// looked at again.
bool Waits::is_over(Wait& wait, JobId changed) const {
  if (wait.until == Until::Started) return is_over(wait);
  if (!is_finished(changed)) return false;
  wait.set.erase(changed);
  return wait.until == Until::AnyFinished || wait.set.empty();
}

bool Waits::is_over(const Wait& wait) const {
  const auto finished = [&](JobId id) { return is_finished(id); };
  const auto started = [&](JobId id) {
    const auto* record = queue_.find(id);
    return record == nullptr ||
           (record->state != JobState::Queued && record->state != JobState::Offered);
  };
  switch (wait.until) {
    case Until::Finished: return std::all_of(wait.set.begin(), wait.set.end(), finished);
    case Until::AnyFinished: return std::any_of(wait.set.begin(), wait.set.end(), finished);
    case Until::Started: return std::all_of(wait.set.begin(), wait.set.end(), started);
  }
  return true;
}

void Waits::answer(Wait& wait) {
  std::vector<Row> rows;
  for (const JobId id : wait.ids) {
    const auto* record = queue_.find(id);
    rows.emplace_back(id, record == nullptr ? "removed" : std::string(to_string(record->state)),
                      record == nullptr ? "" : std::string(to_string(record->reason)));
  }
  wait.reply.give(rows);
}

}  // namespace xmppftd
