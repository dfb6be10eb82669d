// SPDX-License-Identifier: MIT
#include <iostream>

#include "command.h"
#include "errors.h"
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
  call.options.value("--into", into, "PATH",
                     "folder to put it in (existing, or ending in /), or the file to write");
  call.options.value("--on-exists", on_exists, "WORD", "rename, fail (default: the configuration's on_exists), overwrite");
  call.options.flag("--wait", wait, "stay until the files are here; exit 4 if one fails");
  call.parse();
  Context& context = call.context;
  const Output& out = context.out;

  Values options;
  if (!into.empty()) options["uri"] = target_uri(into);
  if (!on_exists.empty())
    options["on_exists"] = parse_word("--on-exists", on_exists, {"rename", "fail", "overwrite"});
  const auto jobs = named_jobs(context, arguments.words, "in", {"Name", "Size", "Peer"});
  const std::string uri = value_of<std::string>(options, "uri");
  if (jobs.size() > 1 && !uri.empty() && !uri.ends_with('/')) {
    throw usage("--into '" + printable(into) + "' is one file, and there are " +
                    plural(jobs.size(), "offer"),
                "name an existing folder");
  }

  std::vector<std::uint64_t> ids;
  int exit = kOk;
  for (const auto& job : jobs) {
    try {
      JobClient(context.bus(), context.manager().GetJob(job.id)).Accept(options);
    } catch (const sdbus::Error& e) {
      Failure failure = to_failure(e);
      if (jobs.size() == 1) throw failure;
      failure.message = "job " + std::to_string(job.id) + ": " + failure.message;
      if (!out.json()) std::cerr << failure_text(failure, out.verbose);
      exit = kRefused;
      continue;
    }
    ids.push_back(job.id);
    const auto target = uri.empty() ? "" : " → " + printable(short_path(path_of_uri(uri)));
    if (!wait) {
      out.say("accepted " + std::to_string(job.id) + ": " + printable(job.name) + "  " +
              human_bytes(job.size) + target);
    }
  }
  std::vector<Job> finished;
  if (wait && !ids.empty()) {
    const int waited = wait_and_tell(context, ids, &finished);
    exit = exit == kOk ? waited : exit;
  }
  if (out.json()) {
    nlohmann::ordered_json body = {{"accepted", ids}};
    if (wait) {
      body["jobs"] = nlohmann::ordered_json::array();
      for (const auto& job : finished) body["jobs"].push_back(to_json(job));
    }
    out.document(std::move(body));
  }
  return exit;
}

}  // namespace xmppftctl
