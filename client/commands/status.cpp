// SPDX-License-Identifier: MIT
#include <chrono>
#include <iostream>

#include "accounts.h"
#include "command.h"
#include "login_hints.h"
#include "text.h"

namespace xmppftctl {

namespace {

/// A word of Manager1.Problems, for people.
std::string in_words(const std::string& problem) {
  constexpr const char* kLog = " (journalctl --user -u xmppftd)";
  if (problem == "journal-unwritable")
    return std::string("the daemon cannot write its journal: nothing new is accepted") + kLog;
  if (problem == "jobs-lost")
    return std::string(
               "the journal was damaged when the daemon started: some jobs were lost, the "
               "rest goes on") +
           kLog;
  return "the daemon reports a problem: " + printable(problem) + kLog;
}

}  // namespace

int status(Call& call) {
  call.parse();
  Context& context = call.context;
  ManagerClient& manager = context.manager();
  const auto version = manager.Version();
  const auto started_at = manager.StartedAt();
  const auto counts = manager.Counts();
  const bool degraded = manager.Degraded();
  const auto problems = manager.Problems();
  const auto all = accounts(context);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const auto up =
      std::max<std::int64_t>(0, (now.count() - static_cast<std::int64_t>(started_at)) / 1'000'000);
  const Values waiting = {{"state", std::vector<std::string>{"offered"}},
                          {"direction", std::string("in")}};
  const auto open_offers = manager.list(waiting, {"State"}, 1000).size();

  const Output& out = context.out;
  if (out.json()) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& account : all) rows.push_back(to_json(account));
    out.document({{"daemon",
                   {{"version", version},
                    {"started_at", rfc3339(started_at)},
                    {"uptime_s", up},
                    {"degraded", degraded},
                    {"problems", problems},
                    {"max_active", manager.MaxActive()},
                    {"features", manager.Features()}}},
                  {"accounts", rows},
                  {"jobs", counts},
                  {"offers", open_offers}});
    return kOk;
  }
  if (out.form == Output::Form::Plain) {
    std::cout << "daemon\t" << version << '\t' << up << '\n';
    for (const auto& a : all)
      std::cout << "account\t" << a.id << '\t' << printable(a.jid) << '\t' << a.state << '\n';
    for (const auto& [state, count] : counts)
      std::cout << "jobs\t" << state << '\t' << count << '\n';
    return kOk;
  }

  const std::string head = "xmppftd " + printable(version) + ", up " + human_seconds(up);
  for (const auto& problem : problems) out.note(in_words(problem));
  if (all.empty()) {
    out.say(head + ", no accounts. Next: xmppftctl account add YOU@SERVER");
    return kOk;
  }
  out.say(head);
  for (const auto& a : all) {
    out.say("account " + a.id + ": " + (a.state == "online" ? "" : printable(a.jid) + " ") +
            account_line(a));
    if (const auto hint = login_hint(a); !hint.empty() && !a.error_message.empty())
      out.say("  " + hint);
    for (const auto& jid : a.pending) {
      out.say("  " + printable(jid) + " asks to see you: xmppftctl contacts approve " +
              printable(jid));
    }
  }
  std::string jobs;
  for (const auto& [state, count] : counts) {
    if (count > 0) jobs += (jobs.empty() ? "" : ", ") + std::to_string(count) + " " + state;
  }
  out.say("jobs: " + (jobs.empty() ? "none" : jobs));
  if (open_offers > 0) out.say(plural(open_offers, "offer") + " to decide: xmppftctl offers");
  return kOk;
}

}  // namespace xmppftctl
