// SPDX-License-Identifier: MIT
#include "jobs.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "errors.h"
#include "parse.h"
#include "selector.h"
#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::size_t kMost = 100'000;    // jobs a selector may mean; the queue is far smaller
constexpr std::size_t kCallChunk = 1000;  // ids in one call

Failure no_such_job(ManagerClient& manager, const std::string& what) {
  const auto newest = manager.list({}, {"State"}, 1);
  return {std::string(error::kNoSuchJob),
          "no " + what +
              (newest.empty() ? " (the queue is empty)"
                              : " (newest is " + std::to_string(newest[0].id) + ")"),
          ""};
}

/// @last: the batch of the newest send, or the newest open offer.
std::vector<Job> last_jobs(ManagerClient& manager, const std::string& direction,
                           std::vector<std::string> fields) {
  Values filter = {{"direction", direction}};
  if (direction == "in") filter["state"] = std::vector<std::string>{"offered"};
  if (!fields.empty()) fields.push_back("Batch");
  auto newest = manager.list(filter, fields, 1);
  if (newest.empty())
    throw no_such_job(manager, direction == "in" ? "open offer" : "job sent from here");
  if (newest[0].batch.empty()) return newest;
  return manager.list({{"batch", newest[0].batch}, {"sort", std::string("oldest")}}, fields, kMost);
}

}  // namespace

void JobArguments::add_words(Options& options) { options.words(words); }

void JobArguments::add_selectors(Options& options) {
  options.values("--state", states, "S[,S…]",
                 "queued, offered, connecting, active, verifying, done, failed, cancelled");
  options.value("--peer", peer, "JID", "jobs with this JID; a bare JID means all its resources");
  options.value("--direction", direction, "D", "out or in");
}

std::vector<Job> named_jobs(Context& context, const std::vector<std::string>& words,
                            const std::string& direction, const std::vector<std::string>& fields) {
  const JobNames names = parse_job_names(words, std::cin);
  if (names.empty())
    throw usage("no job is named", "12, 3-9, @BATCH, @last, or @- for ids on standard input");
  ManagerClient& manager = context.manager();
  std::vector<Job> jobs;
  const auto add = [&](std::vector<Job> more) {
    std::move(more.begin(), more.end(), std::back_inserter(jobs));
  };

  auto single = manager.list_ids(names.ids, fields);
  for (const auto id : names.ids) {
    const bool there =
        std::any_of(single.begin(), single.end(), [&](const Job& job) { return job.id == id; });
    if (!there) throw no_such_job(manager, "job " + std::to_string(id));
  }
  add(std::move(single));
  for (const auto& [first, last] : names.ranges) {
    std::vector<std::uint64_t> ids;
    for (auto id = first; id <= last; ++id) ids.push_back(id);
    auto found = manager.list_ids(ids, fields);
    if (found.empty())
      throw no_such_job(manager, "job in " + std::to_string(first) + "-" + std::to_string(last));
    add(std::move(found));
  }
  for (const auto& batch : names.batches) {
    auto found = manager.list({{"batch", batch}, {"sort", std::string("oldest")}}, fields, kMost);
    if (found.empty()) throw no_such_job(manager, "batch @" + printable(batch));
    add(std::move(found));
  }
  if (names.last) add(last_jobs(manager, direction, fields));

  std::set<std::uint64_t> seen;
  jobs.erase(std::remove_if(jobs.begin(), jobs.end(),
                            [&](const Job& job) { return !seen.insert(job.id).second; }),
             jobs.end());
  return jobs;
}

Values filter_of(const JobArguments& arguments, const std::vector<std::string>& states) {
  static const std::vector<std::string_view> kStates = {"queued", "offered", "connecting",
                                                        "active", "paused",  "verifying",
                                                        "done",   "failed",  "cancelled"};
  Values filter;
  std::vector<std::string> chosen;
  for (const auto& list : arguments.states) {
    for (const auto& state : split_list(list))
      chosen.push_back(parse_word("--state", state, kStates));
  }
  if (chosen.empty()) chosen = states;
  if (!chosen.empty()) filter["state"] = chosen;
  if (!arguments.peer.empty()) filter["peer"] = arguments.peer;
  if (!arguments.direction.empty())
    filter["direction"] = parse_word("--direction", arguments.direction, {"out", "in"});
  return filter;
}

bool confirmed(const Context& context, bool yes, const std::string& question) {
  if (yes || !context.out.human() || ::isatty(STDIN_FILENO) != 1) return true;
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int control_jobs(Context& context, const JobArguments& arguments, const std::string& verb,
                 const std::string& past, const std::vector<std::string>& states) {
  if (arguments.words.empty() && !arguments.by_selector()) {
    throw usage("name jobs to " + verb + ", or use --all",
                "12, 3-9, @BATCH, @last, @-, or --state, --peer, --direction");
  }
  if (!arguments.words.empty() && arguments.by_selector())
    throw usage("name jobs, or choose them by options, not both");
  ManagerClient& manager = context.manager();
  const auto jobs = arguments.words.empty()
                        ? manager.list(filter_of(arguments, states), {"State"}, kMost)
                        : named_jobs(context, arguments.words, "out", {"State"});
  const std::string question = verb + " " + plural(jobs.size(), "job") + "?";
  if (jobs.size() > 1 && !confirmed(context, arguments.yes, question)) {
    throw Failure{std::string(error::kBadState), "nothing was " + past, "--yes skips the question"};
  }

  std::vector<std::uint64_t> changed;
  auto failed = nlohmann::ordered_json::array();
  int worst = kOk;
  for (std::size_t at = 0; at < jobs.size(); at += kCallChunk) {
    std::vector<std::uint64_t> ids;
    for (std::size_t i = at; i < std::min(at + kCallChunk, jobs.size()); ++i)
      ids.push_back(jobs[i].id);
    const auto [did, could_not] = manager.ControlJobs(verb, {{"ids", ids}}, {});
    changed.insert(changed.end(), did.begin(), did.end());
    for (const auto& row : could_not) {
      const Failure failure{row.get<1>(),
                            "job " + std::to_string(row.get<0>()) + ": " + row.get<2>(), ""};
      if (!context.out.json()) std::cerr << failure_text(failure, context.out.verbose);
      failed.push_back({{"id", row.get<0>()}, {"name", failure.name}, {"message", row.get<2>()}});
      worst = worst == kOk                       ? exit_code(failure.name)
              : worst == exit_code(failure.name) ? worst
                                                 : kRefused;
    }
  }
  if (!changed.empty() && worst != kOk) worst = kRefused;  // done in part

  std::sort(changed.begin(), changed.end());
  if (context.out.json()) {
    context.out.document({{"changed", changed}, {"failed", failed}});
  } else if (context.out.form == Output::Form::Plain || context.out.quiet) {
    for (const auto id : changed) std::cout << id << '\n';
  } else if (changed.empty()) {
    if (worst == kOk) context.out.say("no job to " + verb);
  } else {
    context.out.say(past + " " + plural(changed.size(), "job") + " (" + id_ranges(changed) + ")");
  }
  return worst;
}

}  // namespace xmppftctl
