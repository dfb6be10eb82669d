// SPDX-License-Identifier: MIT
#include "jobs.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <optional>
#include <set>

#include "errors.h"
#include "parse.h"
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

void JobFailures::add(std::uint64_t id, const Failure& failure) {
  if (!out_.json()) {
    const auto subject = "job " + std::to_string(id);
    const bool named =
        failure.message.find(subject + " ") != std::string::npos;  // it says itself which
    std::cerr << failure_text(
        {failure.name, (named ? "" : subject + ": ") + failure.message, failure.hint},
        out_.verbose);
  }
  const int exit = exit_code(failure.name);
  exit_ = rows_.empty() || exit_ == exit ? exit : int{kRefused};
  rows_.push_back({{"id", id}, {"name", failure.name}, {"message", failure.message}});
}

int JobFailures::exit(bool any_done) const {
  return any_done && exit_ != kOk ? int{kRefused} : exit_;
}

std::vector<Job> for_each_job(const std::vector<Job>& jobs, JobFailures& failures,
                              const std::function<void(const Job&)>& act) {
  const bool only_one = jobs.size() == 1 && failures.empty();
  std::vector<Job> done;
  for (const auto& job : jobs) {
    std::optional<Failure> failed;
    try {
      act(job);
    } catch (const sdbus::Error& e) {
      failed = to_failure(e);
    } catch (const Failure& failure) {
      failed = failure;
    }
    if (failed && only_one) throw *failed;
    if (failed)
      failures.add(job.id, *failed);
    else
      done.push_back(job);
  }
  return done;
}

void JobArguments::add_words(Options& options) { options.words(words); }

void JobArguments::add_selectors(Options& options) {
  options.values("--state", states, "S[,S...]",
                 "queued, offered, connecting, active, paused, verifying, done, failed, cancelled");
  options.value("--peer", peer, "JID", "jobs with this JID; a bare JID means all its resources");
  options.value("--direction", direction, "D", "out or in");
}

std::vector<Job> named_jobs(Context& context, const std::vector<std::string>& words,
                            const std::string& direction, const std::vector<std::string>& fields,
                            JobFailures* failures) {
  return named_jobs(context, parse_job_names(words, std::cin), direction, fields, failures);
}

std::vector<Job> named_jobs(Context& context, const JobNames& names, const std::string& direction,
                            const std::vector<std::string>& fields, JobFailures* failures) {
  if (names.empty())
    throw usage("no job is named", "12, 3-9, @BATCH, @last, or @- for ids on standard input");
  ManagerClient& manager = context.manager();
  std::vector<Job> jobs;
  const auto add = [&](std::vector<Job> more) {
    std::move(more.begin(), more.end(), std::back_inserter(jobs));
  };

  auto single = manager.list_ids(names.ids, fields);
  const bool only_one =
      names.ids.size() == 1 && names.ranges.empty() && names.batches.empty() && !names.last;
  std::optional<Failure> missing;
  std::set<std::uint64_t> there;
  for (const auto& job : single) there.insert(job.id);
  for (const auto id : names.ids) {
    if (!there.insert(id).second) continue;
    if (!missing) missing = no_such_job(manager, "job");
    Failure failure = *missing;
    failure.message.insert(std::strlen("no job"), " " + std::to_string(id));
    if (!failures || only_one) throw failure;
    failures->add(id, failure);
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
    for (const auto& state : parse_list("--state", list))
      chosen.push_back(parse_word("--state", state, kStates));
  }
  if (chosen.empty()) chosen = states;
  if (!chosen.empty()) filter["state"] = chosen;
  if (!arguments.peer.empty()) filter["peer"] = parse_jid("--peer", arguments.peer);
  if (!arguments.direction.empty())
    filter["direction"] = parse_word("--direction", arguments.direction, {"out", "in"});
  return filter;
}

bool can_ask(const Context& context) { return context.out.human() && ::isatty(STDIN_FILENO) == 1; }

void confirm(const Context& context, bool yes, const std::string& question,
             const std::string& nothing) {
  if (yes) return;
  if (!can_ask(context)) {
    throw usage("this would " + question + ", and there is nobody to ask: " + nothing,
                "add --yes if that is meant");
  }
  std::cerr << question << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes")
    throw Failure{std::string(error::kBadState), nothing, "--yes skips the question"};
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
  JobFailures failures(context.out);
  const JobNames names = parse_job_names(arguments.words, std::cin);
  const std::set<std::uint64_t> spelled_out(names.ids.begin(), names.ids.end());
  auto jobs = arguments.by_selector() ? manager.list(filter_of(arguments, states), {"State"}, kMost)
                                      : named_jobs(context, names, "out", {"State"}, &failures);
  std::erase_if(jobs, [&](const Job& job) {
    return !spelled_out.contains(job.id) &&
           std::find(states.begin(), states.end(), job.state) == states.end();
  });
  // Jobs that were named are meant. What options choose is asked about wherever somebody can be
  // asked, and else needs --yes, however many they are: a script must not depend on their number.
  const bool ask = can_ask(context) ? jobs.size() > 1 : arguments.by_selector();
  if (ask) {
    confirm(context, arguments.yes, verb + " " + plural(jobs.size(), "job"), "nothing was " + past);
  }

  // Always by id: the answer was for the jobs that were counted, and for none that came since.
  std::vector<std::uint64_t> changed;
  for (std::size_t at = 0; at < jobs.size(); at += kCallChunk) {
    std::vector<std::uint64_t> ids;
    for (std::size_t i = at; i < std::min(at + kCallChunk, jobs.size()); ++i)
      ids.push_back(jobs[i].id);
    const auto [did, could_not] = manager.ControlJobs(verb, {{"ids", ids}}, {});
    changed.insert(changed.end(), did.begin(), did.end());
    for (const auto& row : could_not) {
      const Failure failure{row.get<1>(), row.get<2>(), ""};
      // A job that was not spelled out may have ended, or left the list, since we looked.
      const bool over = failure.name == error::kBadState || failure.name == error::kNoSuchJob;
      if (!over || spelled_out.contains(row.get<0>())) failures.add(row.get<0>(), failure);
    }
  }
  const int exit = failures.exit(!changed.empty());

  std::sort(changed.begin(), changed.end());
  if (context.out.json()) {
    context.out.document({{"changed", changed}, {"failed", failures.rows()}});
  } else if (context.out.form == Output::Form::Plain || context.out.quiet) {
    for (const auto id : changed) std::cout << id << '\n';
  } else if (changed.empty()) {
    if (exit == kOk) context.out.say("no job to " + verb);
  } else {
    context.out.say(past + " " + plural(changed.size(), "job") + " (" + id_ranges(changed) + ")");
  }
  return exit;
}

}  // namespace xmppftctl
