// SPDX-License-Identifier: MIT
#include "command.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {

int why(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  const Output& out = call.context.out;
  auto list = nlohmann::ordered_json::array();
  for (const auto& job : named_jobs(call.context, arguments.words, "out", {})) {
    std::string head = "job " + std::to_string(job.id) + ", " + printable(job.name) +
                       (job.direction == "in" ? " from " : " to ") + printable(job.peer) + ": " +
                       job.state;
    if (!job.reason.empty()) head += " (" + job.reason + ")";
    if (!job.error_message.empty()) head += ": " + printable(job.error_message);
    out.say(head);
    Table table({{"at", "TIME"}, {"what", "WHAT"}, {"detail", "DETAIL", false, true}});
    auto history = nlohmann::ordered_json::array();
    for (const auto& entry : call.context.manager().GetHistory(job.id)) {
      const auto at = value_of<std::uint64_t>(entry, "at");
      const auto what = value_of<std::string>(entry, "what"),
                 detail = value_of<std::string>(entry, "detail");
      table.add({{local_time(at), rfc3339(at)}, what, detail});
      history.push_back({{"at", rfc3339(at)}, {"what", what}, {"detail", detail}});
    }
    if (!out.json()) out.print(table);
    list.push_back({{"job", to_json(job)}, {"history", history}});
  }
  if (out.json()) out.document({{"jobs", list}});
  return kOk;
}

}  // namespace xmppftctl
