// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "context.h"
#include "options.h"

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

/// The jobs named by words, lowest id first where a range or batch is meant, without repeats.
/// `direction` ("out" or "in") says which @last is meant: the newest send, or the newest open
/// offer. Throws Failure: NoSuchJob for a single id that is not there ("no job 99 (newest is 25)"),
/// for an empty range or batch; usage if nothing is named.
std::vector<Job> named_jobs(Context& context, const std::vector<std::string>& words,
                            const std::string& direction, const std::vector<std::string>& fields);

/// The ListJobs filter that the selectors spell; `states` are the ones meant when none is given.
Values filter_of(const JobArguments& arguments, const std::vector<std::string>& states);

/// Asks `question` on a terminal; true off a terminal and when `yes` was given.
bool confirmed(const Context& context, bool yes, const std::string& question);

/// What `queue cancel` and `queue remove` share: resolve, ask, ControlJobs, tell. `verb` is the
/// action, `states` the ones that selectors mean by default. Returns the exit code.
int control_jobs(Context& context, const JobArguments& arguments, const std::string& verb,
                 const std::string& past, const std::vector<std::string>& states);

inline const std::vector<std::string> kUnfinished = {"queued", "offered", "connecting",
                                                     "active", "paused",  "verifying"};
inline const std::vector<std::string> kFinished = {"done", "failed", "cancelled"};

}  // namespace xmppftctl
