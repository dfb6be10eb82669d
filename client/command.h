// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context.h"
#include "options.h"

namespace xmppftctl {

struct Command;

/// One run of one command: it declares its options, calls parse(), and goes on.
class Call {
 public:
  Call(const Command& command, Context& context, Globals globals,
       std::vector<std::string> arguments);

  Options options;  ///< global options are there already, so they work after the command too
  Context& context;

  /// Throws usage Failures, and HelpShown after --help.
  void parse();

 private:
  Globals globals_;
  std::vector<std::string> arguments_;
};

struct Command {
  std::string_view name;       ///< "queue add", "status"
  std::string_view arguments;  ///< "FILE… --to JID…"
  std::string_view summary;    ///< one line
  int (*run)(Call& call);      ///< returns the exit code
  std::string_view examples;   ///< lines for --help
};

/// Every command, in the order of the help.
const std::vector<Command>& commands();

/// The command that the first words mean; takes them off `words`. Throws a usage Failure with the
/// nearest one.
const Command& find_command(std::vector<std::string>& words);

/// Declares the global options and binds them to `globals`.
void add_globals(Options& options, Globals& globals);

/// The text of `xmppftctl help`.
std::string overview();
/// That of `xmppftctl help account`: the commands that begin with this word; "" if there are none.
std::string group_overview(std::string_view group);

// One per file in commands/.
int account_add(Call& call);
int account_list(Call& call);
int account_show(Call& call);
int account_set(Call& call);
int account_passwd(Call& call);
int account_connect(Call& call);
int account_disconnect(Call& call);
int account_remove(Call& call);
int contacts_list(Call& call);
int contacts_add(Call& call);
int contacts_remove(Call& call);
int contacts_approve(Call& call);
int contacts_deny(Call& call);
int queue_add(Call& call);
int queue_list(Call& call);
int queue_show(Call& call);
int queue_wait(Call& call);
int queue_watch(Call& call);
int queue_cancel(Call& call);
int queue_remove(Call& call);
int offers(Call& call);
int accept(Call& call);
int decline(Call& call);
int policy_add(Call& call);
int policy_list(Call& call);
int policy_remove(Call& call);
int why(Call& call);
int status(Call& call);
int help(Call& call);

}  // namespace xmppftctl
