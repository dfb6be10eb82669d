// SPDX-License-Identifier: MIT
#include "command.h"
#include "files.h"
#include "follow.h"
#include "jobs.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {

int accept(Call& call) {
  JobArguments arguments;
  std::string into, on_exists;
  bool wait = false;
  arguments.add_words(call.options);
  call.options.path("--into", into, "PATH",
                    "folder to put it in (existing, or ending in /), or the file to write");
  call.options.value(
      "--on-exists", on_exists, "WORD",
      "name taken: rename, fail (default: the configuration's on_exists), overwrite");
  call.options.flag("--wait", wait, "stay until the files are here; exit 4 if one fails");
  call.parse();
  Context& context = call.context;
  const Output& out = context.out;

  Values options;
  if (!into.empty()) options["uri"] = target_uri(into);
  if (!on_exists.empty())
    options["on_exists"] = parse_word("--on-exists", on_exists, {"rename", "fail", "overwrite"});
  JobFailures failures(out);
  const auto jobs = named_jobs(context, arguments.words, "in", {"Name", "Size", "Peer"}, &failures);
  const std::string uri = value_of<std::string>(options, "uri");
  if (jobs.size() > 1 && !uri.empty() && !uri.ends_with('/')) {
    throw usage("--into '" + printable(into) + "' is one file, and there are " +
                    plural(jobs.size(), "offer"),
                "name an existing folder");
  }

  const auto taken = for_each_job(jobs, failures, [&](const Job& job) {
    JobClient(context.bus(), context.manager().GetJob(job.id)).Accept(options);
    const auto target = uri.empty() ? "" : " → " + printable(short_path(path_of_uri(uri)));
    if (!wait) {
      out.say("accepted " + std::to_string(job.id) + ": " + printable(job.name) + "  " +
              human_bytes(job.size) + target);
    }
  });
  std::vector<std::uint64_t> ids;
  for (const auto& job : taken) ids.push_back(job.id);
  int exit = failures.exit(!ids.empty());
  std::vector<Job> finished;
  if (wait && !ids.empty()) {
    const int waited = wait_and_tell(context, ids, &finished);
    exit = exit == kOk ? waited : exit;
  }
  if (out.json()) {
    nlohmann::ordered_json body = {{"accepted", ids}, {"failed", failures.rows()}};
    if (wait) {
      body["jobs"] = nlohmann::ordered_json::array();
      for (const auto& job : finished) body["jobs"].push_back(to_json(job));
    }
    out.document(std::move(body));
  }
  return exit;
}

}  // namespace xmppftctl
