// SPDX-License-Identifier: MIT
#include "command.h"
#include "jobs.h"

namespace xmppftctl {

int queue_cancel(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  arguments.add_selectors(call.options);
  call.options.flag("--all", arguments.all, "all jobs that have not ended");
  call.options.flag("--yes", arguments.yes, "do not ask");
  call.parse();
  return control_jobs(call.context, arguments, "cancel", "cancelled", kUnfinished);
}

}  // namespace xmppftctl
