// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "context.h"
#include "options.h"
#include "selector.h"

namespace xmppftctl {

/// Which jobs a command is about: JOB words, or --state, --peer, --direction, --all.
struct JobArguments {
  std::vector<std::string> words, states;
  std::string peer, direction;
  bool all = false;
  bool yes = false;

  void add_words(Options& options);      ///< the JOB… positional
  void add_selectors(Options& options);  ///< the options
  bool by_selector() const { return all || !states.empty() || !peer.empty() || !direction.empty(); }
};

/// What became of jobs that a command could not do its work on, one by one.
class JobFailures {
 public:
  explicit JobFailures(const Output& out) : out_(out) {}

  /// Tells it on stderr, unless --json does in the end.
  void add(std::uint64_t id, const Failure& failure);
  bool empty() const { return rows_.empty(); }
  /// [{"id","name","message"}]
  const nlohmann::ordered_json& rows() const { return rows_; }
  /// The exit code that all of them have; kRefused where they differ, or where `any_done` tells
  /// that the rest was done; kOk without any.
  int exit(bool any_done) const;

 private:
  const Output& out_;
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
  int exit_ = kOk;
};

/// The jobs named by words, lowest id first where a range or batch is meant, without repeats.
/// `direction` ("out" or "in") says which @last is meant: the newest send, or the newest open
/// offer. Throws Failure: NoSuchJob for a single id that is not there ("no job 99 (newest is 25)"),
/// for an empty range or batch; usage if nothing is named. With `failures`, where several are
/// named, single ids that are not there go to that instead.
std::vector<Job> named_jobs(Context& context, const std::vector<std::string>& words,
                            const std::string& direction, const std::vector<std::string>& fields,
                            JobFailures* failures = nullptr);
/// The same for names that were read before.
std::vector<Job> named_jobs(Context& context, const JobNames& names, const std::string& direction,
                            const std::vector<std::string>& fields,
                            JobFailures* failures = nullptr);

/// The ListJobs filter that the selectors spell; `states` are the ones meant when none is given.
Values filter_of(const JobArguments& arguments, const std::vector<std::string>& states);

/// Is there somebody at a terminal, who wants an answer for people?
bool can_ask(const Context& context);
/// Asks "`question`?" unless `yes` was given. Throws Failure with `nothing` ("nothing was removed")
/// where the answer is no, and a usage Failure where nobody can be asked.
void confirm(const Context& context, bool yes, const std::string& question,
             const std::string& nothing);

/// What `accept` and `decline` share: `act` on each of the offers, which throws sdbus::Error or
/// Failure where it cannot. Returns those that it was done to; where just one is named, its failure
/// is thrown on.
std::vector<Job> for_each_job(const std::vector<Job>& jobs, JobFailures& failures,
                              const std::function<void(const Job&)>& act);

/// What `queue cancel` and `queue remove` share: resolve, ask, ControlJobs, tell. `verb` is the
/// action, `states` the ones in which it means something: jobs in another one are passed over,
/// unless they were spelled out by id. Returns the exit code.
int control_jobs(Context& context, const JobArguments& arguments, const std::string& verb,
                 const std::string& past, const std::vector<std::string>& states);

inline const std::vector<std::string> kUnfinished = {"queued", "offered", "connecting",
                                                     "active", "paused",  "verifying"};
inline const std::vector<std::string> kFinished = {"done", "failed", "cancelled"};

}  // namespace xmppftctl
