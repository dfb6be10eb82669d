// SPDX-License-Identifier: MIT
#include "command.h"
#include "files.h"
#include "jobs.h"
#include "text.h"

namespace xmppftctl {
namespace {

Table details(const Job& job) {
  Table table({{"key", "KEY"}, {"value", "VALUE", false, true}});
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) table.add({key, value});
  };
  add("id", std::to_string(job.id));
  add("name", job.name);
  add("direction", job.direction);
  add("peer", job.peer_full.empty() ? job.peer : job.peer_full);
  add("state", job.reason.empty() ? job.state : job.state + " (" + job.reason + ")");
  add("error", job.told_error());
  add("size", human_bytes(job.size));
  add("transferred", human_part(job.transferred, job.size));
  add("rate", human_rate(job.state == "active" ? job.rate : job.average_rate()));
  add("time left", human_seconds(job.eta));
  add("method", job.way());
  if (!job.host.empty()) add("host", job.host + (job.port ? ":" + std::to_string(job.port) : ""));
  add("hash", job.hash);
  add("verified", job.hash_state);
  add("delivery", job.delivery);
  add("file", path_of_uri(job.uri));
  add("type", job.mime_type);
  add("description", job.description);
  add("batch", job.batch);
  add("account", job.account);
  add("priority", std::to_string(job.priority));
  add("attempt", job.attempt ? std::to_string(job.attempt) : "");
  add("next attempt", local_time(job.next_attempt_at));
  add("created", local_time(job.created_at));
  add("started", local_time(job.started_at));
  add("finished", local_time(job.finished_at));
  if (!job.persistent) add("restart", "does not survive one: its file has no path");
  return table;
}

}  // namespace

int queue_show(Call& call) {
  JobArguments arguments;
  arguments.add_words(call.options);
  call.parse();
  const auto jobs = named_jobs(call.context, arguments.words, "out", {});
  const Output& out = call.context.out;
  if (out.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& job : jobs) list.push_back(to_json(job));
    out.document({{"jobs", list}, {"next", nullptr}});
    return kOk;
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i > 0) out.say("");
    out.print(details(jobs[i]));
  }
  return kOk;
}

}  // namespace xmppftctl
