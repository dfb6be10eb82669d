// SPDX-License-Identifier: MIT
#include "follow.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "errors.h"
#include "text.h"

namespace xmppftctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::minutes kLongWait{10};  // something on the bus ends it
constexpr std::size_t kWaitChunk = 1000;       // WaitJobs takes no more
constexpr std::size_t kFollowed = 1000;        // jobs looked at per tick

const std::vector<std::string> kFields = {"Name",         "State",     "StateReason", "Size",
                                          "Transferred",  "Rate",      "Eta",         "Method",
                                          "MethodDetail", "Direction", "Peer",        "Error",
                                          "Offset",       "StartedAt", "FinishedAt"};
const std::vector<std::string> kLive = {"queued", "offered", "connecting", "active", "verifying"};

const char* word(Until until) {
  return until == Until::Started       ? "started"
         : until == Until::AnyFinished ? "any-finished"
                                       : "finished";
}

/// What the callbacks of one follow() leave behind. Shared with them: a reply may come after
/// follow() threw.
struct Waits {
  std::size_t open = 0;
  bool any_done = false;
  std::optional<Failure> failed;
};

/// Jobs that changed since the view was last told.
struct Pending {
  std::set<std::uint64_t> changed;
  std::vector<std::uint64_t> removed;
  bool relist = false;
};

}  // namespace

std::vector<Job> follow(Context& context, const std::vector<std::uint64_t>& ids, Until until,
                        JobView* view) {
  Bus& bus = context.bus();
  ManagerClient& manager = context.manager();
  const std::set<std::uint64_t> ours(ids.begin(), ids.end());

  const auto waits = std::make_shared<Waits>();
  for (std::size_t at = 0; at < ids.size() && until != Until::Interrupted; at += kWaitChunk) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(kWaitChunk, ids.size() - at));
    ++waits->open;
    manager.wait_async({begin, begin + count}, word(until),
                       [waits](const sdbus::Error* e, const auto&) {
                         --waits->open;
                         waits->any_done = true;
                         if (e && !waits->failed) waits->failed = to_failure(*e);
                       });
  }
  const auto reached = [&] {
    if (until == Until::Interrupted) return false;
    return until == Until::AnyFinished ? waits->any_done : waits->open == 0;
  };

  const auto pending = std::make_shared<Pending>();
  pending->relist = true;
  if (view)
    manager.on_jobs_changed = [pending, ours](const ManagerClient::Changes& changes) {
      if (changes.empty()) pending->relist = true;
      for (const auto& change : changes) {
        const auto id = change.get<0>();
        if (!ours.empty() && !ours.contains(id)) continue;
        if (change.get<1>() == "removed") {
          pending->removed.push_back(id);
          pending->changed.erase(id);
        } else {
          pending->changed.insert(id);
        }
      }
    };

  const auto show = [&](bool all) {
    const Pending news = std::exchange(*pending, {});
    std::vector<Job> jobs = manager.list_ids({news.changed.begin(), news.changed.end()}, kFields);
    if (all || news.relist) {
      Values live = {{"state", kLive}, {"sort", std::string("oldest")}};
      if (!ids.empty() && ids.size() <= kFollowed) live["ids"] = ids;
      for (auto& job : manager.list(live, kFields, kFollowed)) {
        if ((ours.empty() || ours.contains(job.id)) && !news.changed.contains(job.id))
          jobs.push_back(std::move(job));
      }
    }
    std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.id < b.id; });
    view->update(jobs);
    for (const auto id : news.removed) view->removed(id);
  };
  const auto stop = [&] {
    if (view) view->close();
    manager.on_jobs_changed = nullptr;
  };

  const auto deadline =
      context.timeout ? Clock::now() + *context.timeout : Clock::time_point::max();
  auto next_tick = Clock::now();
  while (!reached() && !waits->failed) {
    const auto now = Clock::now();
    if (bus.daemon_gone()) {
      stop();
      throw Failure{"org.freedesktop.DBus.Error.NoReply", "xmppftd went away; its jobs are on disk",
                    ""};
    }
    if (now >= deadline) {
      stop();
      throw Failure{std::string(error::kTimedOut), "--timeout passed; the jobs go on",
                    "xmppftctl queue list"};
    }
    const bool tick = view && view->wants_ticks() && now >= next_tick;
    if (tick) next_tick = now + kTick;
    const bool news = pending->relist || !pending->changed.empty() || !pending->removed.empty();
    if (view && (tick || news)) show(tick);
    std::chrono::milliseconds wait = view && view->wants_ticks() ? kTick : kLongWait;
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(deadline - now));
    bus.process(wait);
  }
  // The last changes may still be on their way; what the jobs are now is asked, not awaited.
  if (view && !waits->failed) view->update(manager.list_ids(ids, kFields));
  stop();
  if (waits->failed) throw *waits->failed;
  return manager.list_ids(ids, {});
}

std::unique_ptr<JobView> waiting_view(const Output& out) {
  if (out.json() || out.quiet) return nullptr;
  if (::isatty(STDERR_FILENO) == 1)
    return std::make_unique<BarView>(STDERR_FILENO, terminal_is_utf8());
  return std::make_unique<LineView>(
      change_line, [](std::uint64_t) { return std::string(); },
      [](std::string_view line) { std::cerr << line << '\n'; }, false);
}

int wait_and_tell(Context& context, const std::vector<std::uint64_t>& ids,
                  std::vector<Job>* finished) {
  const auto view = waiting_view(context.out);
  auto jobs = follow(context, ids, Until::AllFinished, view.get());
  if (context.out.form == Output::Form::Plain) {
    auto table = job_table(jobs);
    table.choose({"id", "state", "reason"});
    context.out.print(table);
  }
  for (const auto& job : jobs) context.out.say(result_line(job));
  hint_at_failures(context.out, jobs);
  const int exit = exit_code_of(jobs);
  if (finished) *finished = std::move(jobs);
  return exit;
}

void hint_at_failures(const Output& out, const std::vector<Job>& jobs) {
  std::vector<std::uint64_t> bad;
  for (const auto& job : jobs) {
    if (exit_code_of_state(job.state) != kOk) bad.push_back(job.id);
  }
  if (bad.empty()) return;
  std::cout.flush();
  out.note("hint: xmppftctl why " + std::to_string(bad[0]) +
           (bad.size() > 1 ? " (and " + std::to_string(bad.size() - 1) + " more)" : ""));
}

int exit_code_of(const std::vector<Job>& jobs) {
  const bool good = std::all_of(jobs.begin(), jobs.end(), [](const Job& job) {
    return exit_code_of_state(job.state) == kOk;
  });
  return good ? kOk : kJobFailed;
}

}  // namespace xmppftctl
