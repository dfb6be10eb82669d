// SPDX-License-Identifier: MIT
#include "follow.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "errors.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::minutes kLongWait{10};  // something on the bus ends it
constexpr std::size_t kWaitChunk = 1000;       // WaitJobs takes no more
constexpr std::size_t kFollowed = 1000;        // jobs looked at per tick

const char* word(Until until) {
  return until == Until::Started       ? "started"
         : until == Until::AnyFinished ? "any-finished"
                                       : "finished";
}

/// What the callbacks of one follow() leave behind. Shared with them: a reply may come after
/// follow() threw.
struct News {
  std::size_t waits_open = 0;
  bool wait_answered = false;
  std::optional<Failure> failed;
  std::set<std::uint64_t> changed;  ///< jobs that the view was not yet told of
  std::vector<std::uint64_t> removed;
  bool relist = true;

  bool any() const { return relist || !changed.empty() || !removed.empty(); }
};

class Follower {
 public:
  Follower(Context& context, const std::vector<std::uint64_t>& ids, Until until, JobView* view)
      : context_(context),
        manager_(context.manager()),
        ids_(ids),
        ours_(ids.begin(), ids.end()),
        until_(until),
        view_(view) {
    if (view_) manager_.on_jobs_changed = [this](const auto& changes) { note(changes); };
    for (std::size_t at = 0; at < ids_.size() && until_ != Until::Interrupted; at += kWaitChunk) {
      const auto begin = ids_.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = static_cast<std::ptrdiff_t>(std::min(kWaitChunk, ids_.size() - at));
      ++news_->waits_open;
      manager_.wait_async({begin, begin + count}, word(until_),
                          [news = news_](const sdbus::Error* e, const auto&) {
                            --news->waits_open;
                            news->wait_answered = true;
                            if (e && !news->failed) news->failed = to_failure(*e);
                          });
    }
  }
  ~Follower() {
    if (view_) view_->close();
    manager_.on_jobs_changed = nullptr;
  }
  Follower(const Follower&) = delete;

  void run() {
    const auto deadline =
        context_.timeout ? Clock::now() + *context_.timeout : Clock::time_point::max();
    const bool ticks = view_ && view_->wants_ticks();
    auto next_tick = Clock::now();
    while (!reached() && !news_->failed) {
      const auto now = Clock::now();
      if (context_.bus().daemon_gone()) throw gone();
      if (context_.bus().reader_gone()) throw unwritable(EPIPE);
      if (now >= deadline) {
        throw Failure{std::string(error::kTimedOut), "--timeout passed; the jobs go on",
                      "xmppftctl queue list"};
      }
      const bool tick = ticks && now >= next_tick;
      if (tick) next_tick = now + kTick;
      if (view_ && (tick || news_->any())) show(tick);
      const std::chrono::milliseconds wait = ticks ? kTick : kLongWait;
      context_.bus().process(
          std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(deadline - now)));
    }
    if (news_->failed) throw *news_->failed;
    // The last changes may still be on their way; what the jobs are now is asked, not awaited.
    if (view_) view_->update(manager_.list_ids(ids_, view_->fields()));
  }

  static Failure gone() {
    return {"org.freedesktop.DBus.Error.NoReply", "xmppftd went away; its jobs are on disk", ""};
  }

 private:
  bool reached() const {
    if (until_ == Until::Interrupted) return false;
    return until_ == Until::AnyFinished ? news_->wait_answered : news_->waits_open == 0;
  }

  void note(const ManagerClient::Changes& changes) {
    if (changes.empty()) news_->relist = true;
    for (const auto& change : changes) {
      const auto id = change.get<0>();
      if (!ours_.empty() && !ours_.contains(id)) continue;
      if (change.get<1>() == "removed") {
        news_->removed.push_back(id);
        news_->changed.erase(id);
      } else {
        news_->changed.insert(id);
      }
    }
  }

  /// Tells the view what changed and, on a tick, how all that move are doing.
  void show(bool tick) {
    const auto changed = std::exchange(news_->changed, {});
    const auto removed = std::exchange(news_->removed, {});
    const bool all = std::exchange(news_->relist, false) || tick;
    auto jobs = manager_.list_ids({changed.begin(), changed.end()}, view_->fields());
    if (all) {
      Values live = {{"state", kUnfinished}, {"sort", std::string("oldest")}};
      if (!ids_.empty() && ids_.size() <= kFollowed) live["ids"] = ids_;
      for (auto& job : manager_.list(live, view_->fields(), kFollowed)) {
        const bool wanted = ours_.empty() || ours_.contains(job.id);
        if (wanted && !changed.contains(job.id)) jobs.push_back(std::move(job));
      }
    }
    std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.id < b.id; });
    view_->update(jobs);
    for (const auto id : removed) view_->removed(id);
  }

  Context& context_;
  ManagerClient& manager_;
  const std::vector<std::uint64_t>& ids_;
  const std::set<std::uint64_t> ours_;
  const Until until_;
  JobView* const view_;
  const std::shared_ptr<News> news_ = std::make_shared<News>();
};

}  // namespace

std::vector<Job> follow(Context& context, const std::vector<std::uint64_t>& ids, Until until,
                        JobView* view) {
  try {
    Follower(context, ids, until, view).run();
    return context.manager().list_ids(ids, {});
  } catch (const sdbus::Error& e) {
    if (exit_code(e.getName()) == kNoDaemon) throw Follower::gone();
    throw;
  } catch (const Failure& failure) {
    if (exit_code(failure.name) == kNoDaemon) throw Follower::gone();
    throw;
  }
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
  const int exit = exit_code_of(jobs, Until::AllFinished);
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

int exit_code_of(const std::vector<Job>& jobs, Until until) {
  const bool good = std::all_of(jobs.begin(), jobs.end(), [&](const Job& job) {
    return exit_code_of_state(job.state) == kOk && (until != Until::AllFinished || job.is_final());
  });
  return good ? kOk : kJobFailed;
}

}  // namespace xmppftctl
