// SPDX-License-Identifier: MIT
#include <iostream>

#include "command.h"
#include "jobs.h"
#include "parse.h"

namespace xmppftctl {

int queue_list(Call& call) {
  JobArguments arguments;
  std::string text, columns, rows = "50", cursor;
  arguments.add_selectors(call.options);
  call.options.value("--text", text, "TEXT", "jobs with this in their file name");
  call.options.value("--columns", columns, "KEY,...", "columns to show, in order: id,state,…");
  call.options.value("--rows", rows, "N", "at most this many (default 50)");
  call.options.value("--cursor", cursor, "C", "go on where the \"next\" of a --json answer says");
  call.parse();
  Values filter = filter_of(arguments, {});
  if (!text.empty()) filter["text"] = text;
  const auto limit = static_cast<std::size_t>(parse_number("--rows", rows, 1, 100'000));
  const auto jobs = call.context.manager().list(filter, {}, limit, &cursor);

  const Output& out = call.context.out;
  if (out.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& job : jobs) list.push_back(to_json(job));
    out.document(
        {{"jobs", list},
         {"next", cursor.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(cursor)}});
    return kOk;
  }
  auto table = job_table(jobs);
  table.choose(parse_list("--columns", !columns.empty() ? columns
                                       : out.quiet      ? "id"
                                                        : kDefaultColumns));
  if (out.quiet) {
    table.print_plain(std::cout);
  } else if (out.human() && jobs.empty()) {
    out.say("no jobs");
  } else {
    out.print(table);
    if (!cursor.empty()) out.note("there are more: --rows N");
  }
  return kOk;
}

}  // namespace xmppftctl
