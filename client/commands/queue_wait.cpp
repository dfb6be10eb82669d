// SPDX-License-Identifier: MIT
#include <map>

#include "command.h"
#include "follow.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// "13 finished: 12 done, 1 failed (19 declined)".
std::string summary(const std::vector<Job>& jobs) {
  std::map<std::string, std::uint64_t> states;
  std::string bad;
  std::uint64_t finished = 0;
  for (const auto& job : jobs) {
    if (!job.is_final()) continue;
    ++finished;
    ++states[job.state];
    if (job.state != "done")
      bad += (bad.empty() ? "" : ", ") + std::to_string(job.id) + " " + job.why();
  }
  std::string line = std::to_string(finished) + " finished";
  const char* separator = ": ";
  for (const char* state : {"done", "failed", "cancelled"}) {
    if (states[state] == 0) continue;
    line += separator + std::to_string(states[state]) + " " + state;
    separator = ", ";
  }
  return bad.empty() ? line : line + " (" + bad + ")";
}

}  // namespace

int queue_wait(Call& call) {
  JobArguments arguments;
  bool any = false, started = false;
  arguments.add_words(call.options);
  call.options.flag("--any", any, "until one of them has finished");
  call.options.flag("--started", started, "until none of them is queued or offered any more");
  call.parse();
  if (any && started) throw usage("--any and --started exclude each other");
  Context& context = call.context;
  std::vector<std::uint64_t> ids;
  for (const auto& job : named_jobs(context, arguments.words, "out", {"State"}))
    ids.push_back(job.id);

  const auto view = waiting_view(context.out);
  const auto until = any ? Until::AnyFinished : started ? Until::Started : Until::AllFinished;
  const auto jobs = follow(context, ids, until, view.get());
  if (context.out.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& job : jobs) list.push_back(to_json(job));
    context.out.document({{"jobs", list}, {"next", nullptr}});
  } else if (context.out.form == Output::Form::Plain) {
    auto table = job_table(jobs);
    table.choose({"id", "state", "reason"});
    context.out.print(table);
  }
  context.out.say(summary(jobs));
  hint_at_failures(context.out, jobs);
  return exit_code_of(jobs, until);
}

}  // namespace xmppftctl
