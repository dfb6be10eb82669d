// SPDX-License-Identifier: MIT
#include <chrono>

#include "command.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {

int why(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  const Output& out = call.context.out;
  const auto now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  auto list = nlohmann::ordered_json::array();
  for (const auto& job : named_jobs(call.context, arguments.words, "out", {})) {
    std::string head = "job " + std::to_string(job.id) + ", " + printable(job.name) +
                       (job.direction == "in" ? " from " : " to ") + printable(job.peer) + ": " +
                       job.state;
    if (!job.reason.empty()) head += " (" + job.reason + ")";
    if (const auto error = job.told_error(); !error.empty()) head += ": " + printable(error);
    out.say(head);
    auto& manager = call.context.manager();
    const auto waits =
        job.is_final() ? "" : waits_for(job, waiting_from(manager.GetWait(job.id)), now);
    if (!waits.empty()) out.say("waits for " + waits);
    Table table(
        {{"id", "ID", true}, {"at", "TIME"}, {"what", "WHAT"}, {"detail", "DETAIL", false, true}});
    auto history = nlohmann::ordered_json::array();
    for (const auto& entry : manager.GetHistory(job.id)) {
      const auto at = value_of<std::uint64_t>(entry, "at");
      const auto what = value_of<std::string>(entry, "what"),
                 detail = value_of<std::string>(entry, "detail");
      table.add({std::to_string(job.id),
                 {local_time(at), rfc3339(at)},
                 what,
                 {detail == what ? "" : detail, detail}});
      history.push_back({{"at", rfc3339(at)}, {"what", what}, {"detail", detail}});
    }
    if (out.human()) table.choose({"at", "what", "detail"});  // the job stands above it
    if (!out.json()) out.print(table);
    nlohmann::ordered_json waits_or_null;
    if (!waits.empty()) waits_or_null = waits;
    list.push_back({{"job", to_json(job)}, {"waits_for", waits_or_null}, {"history", history}});
  }
  if (out.json()) out.document({{"jobs", list}});
  return kOk;
}

}  // namespace xmppftctl
