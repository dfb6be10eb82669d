// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iostream>

#include "command.h"
#include "text.h"

namespace xmppftctl {

int offers(Call& call) {
  call.parse();
  const auto jobs = call.context.manager().list(
      {{"state", std::vector<std::string>{"offered"}}, {"direction", std::string("in")}}, {}, 1000);
  const Output& out = call.context.out;
  if (out.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& job : jobs) list.push_back(to_json(job));
    out.document({{"jobs", list}, {"next", nullptr}});
    return kOk;
  }
  Table table({{"id", "ID", true},
               {"peer", "PEER", false, true},
               {"name", "NAME", false, true},
               {"size", "SIZE", true},
               {"since", "SINCE"},
               {"description", "DESCRIPTION", false, true},
               {"note", "NOTE", false, true}});
  for (const auto& job : jobs) {
    table.add({std::to_string(job.id),
               job.peer,
               job.name,
               {human_bytes(job.size), std::to_string(job.size)},
               {local_time(job.created_at), rfc3339(job.created_at)},
               job.description,
               job.told_error()});
  }
  if (out.quiet) {
    table.choose({"id"});
    table.print_plain(std::cout);
  } else if (out.human() && jobs.empty()) {
    out.say("no offers");
  } else {
    const auto noted = [](const Job& job) { return !job.told_error().empty(); };
    if (out.human() && std::none_of(jobs.begin(), jobs.end(), noted))
      table.choose({"id", "peer", "name", "size", "since", "description"});
    out.print(table);
    out.note("take one: xmppftctl accept ID [--into FOLDER/] [--on-exists rename]");
  }
  return kOk;
}

}  // namespace xmppftctl
