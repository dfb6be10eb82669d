// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <iostream>

#include "command.h"
#include "follow.h"
#include "jobs.h"

namespace xmppftctl {
namespace {

/// Bars on a terminal; else lines, or one JSON object a line with progress.
std::unique_ptr<JobView> watching_view(const Output& out) {
  const auto emit = [](std::string_view line) {
    std::cout << line << '\n';
    finish_standard_output();  // each line is wanted now, and the first that fails is the last
  };
  if (out.json()) {
    return std::make_unique<LineView>(
        [](const Job& job) {
          return to_line({{"job", to_json(job)}});
        },
        [](std::uint64_t id) {
          return to_line({{"removed", id}});
        },
        emit, true);
  }
  if (out.human() && ::isatty(STDOUT_FILENO) == 1) {
    return std::make_unique<BarView>(STDOUT_FILENO, terminal_is_utf8());
  }
  if (out.human()) {
    return std::make_unique<LineView>(
        change_line, [](std::uint64_t id) { return std::to_string(id) + " removed"; }, emit, false);
  }
  return std::make_unique<LineView>(
      [](const Job& job) { return std::to_string(job.id) + "\t" + job.state + "\t" + job.reason; },
      [](std::uint64_t id) { return std::to_string(id) + "\tremoved\t"; }, emit, false);
}

}  // namespace

int queue_watch(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  std::vector<std::uint64_t> ids;
  if (!arguments.words.empty()) {
    for (const auto& job : named_jobs(call.context, arguments.words, "out", {"State"}))
      ids.push_back(job.id);
  }
  call.context.bus().watch_reader(STDOUT_FILENO);
  const auto view = watching_view(call.context.out);
  const auto until = ids.empty() ? Until::Interrupted : Until::AllFinished;
  return exit_code_of(follow(call.context, ids, until, view.get()), until);
}

}  // namespace xmppftctl
