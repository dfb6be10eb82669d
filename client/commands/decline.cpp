// SPDX-License-Identifier: MIT
#include "command.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {

int decline(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  Context& context = call.context;
  JobFailures failures(context.out);
  const auto jobs = named_jobs(context, arguments.words, "in", {"Name"}, &failures);
  const auto done = for_each_job(jobs, failures, [&](const Job& job) {
    JobClient(context.bus(), context.manager().GetJob(job.id)).Decline({});
    context.out.say("declined " + std::to_string(job.id) + ": " + printable(job.name));
  });
  std::vector<std::uint64_t> ids;
  for (const auto& job : done) ids.push_back(job.id);
  if (context.out.json()) context.out.document({{"declined", ids}, {"failed", failures.rows()}});
  return failures.exit(!ids.empty());
}

}  // namespace xmppftctl
