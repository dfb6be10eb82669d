// SPDX-License-Identifier: MIT
#include <iostream>

#include "command.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {

int decline(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  Context& context = call.context;
  const auto jobs = named_jobs(context, arguments.words, "in", {"Name"});
  std::vector<std::uint64_t> ids;
  int exit = kOk;
  for (const auto& job : jobs) {
    try {
      JobClient(context.bus(), context.manager().GetJob(job.id)).Decline({});
    } catch (const sdbus::Error& e) {
      Failure failure = to_failure(e);
      if (jobs.size() == 1) throw failure;
      failure.message = "job " + std::to_string(job.id) + ": " + failure.message;
      if (!context.out.json()) std::cerr << failure_text(failure, context.out.verbose);
      exit = kRefused;
      continue;
    }
    ids.push_back(job.id);
    context.out.say("declined " + std::to_string(job.id) + ": " + printable(job.name));
  }
  if (context.out.json()) context.out.document({{"declined", ids}});
  return exit;
}

}  // namespace xmppftctl
