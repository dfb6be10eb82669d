// SPDX-License-Identifier: MIT
#include "command.h"

#include <algorithm>

#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::string_view kSendExamples =
    "  xmppftctl send report.pdf photos/*.jpg --to bob@example.net\n"
    "  xmppftctl send big.iso --to bob@example.net/phone --wait\n"
    "  tar c src | xmppftctl send - --name src.tar --to bob@example.net --wait\n"
    "  id=$(xmppftctl -q send notes.txt --to bob@example.net)";

std::string footer_of(const Command& command) {
  const std::string footer = "Global options: xmppftctl --help";
  return command.examples.empty() ? footer
                                  : "Examples:\n" + std::string(command.examples) + "\n\n" + footer;
}

/// "  status     show …" for each command whose name begins with `prefix`.
std::string command_lines(std::string_view prefix) {
  std::size_t width = 0;
  for (const auto& c : commands())
    width = std::max(width, display_width(c.name) + 1 + display_width(c.arguments));
  std::string lines;
  for (const auto& c : commands()) {
    if (!c.name.starts_with(prefix) || c.name == "contacts" || c.name == "queue")
      continue;  // the short forms stand in the summaries
    std::string left =
        std::string(c.name) + (c.arguments.empty() ? "" : " " + std::string(c.arguments));
    left.append(width - display_width(left), ' ');
    lines += "  " + left + "  " + std::string(c.summary) + "\n";
  }
  return lines;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"account add", "JID [options]", "add an account and bring it online", account_add,
       "  xmppftctl account add ann@example.org\n"
       "  pass show bot | xmppftctl account add bot@example.org --password-stdin"},
      {"account list", "", "list the accounts", account_list, ""},
      {"account show", "ACCOUNT", "show all about one account", account_show, ""},
      {"account set", "ACCOUNT options", "change settings of an account", account_set,
       "  xmppftctl account set 1 --server xmpp.example.org:5223\n"
       "  xmppftctl account set 1 --pin \"\"      (\"\" puts the default back)"},
      {"account passwd", "ACCOUNT [options]", "give a new password and connect", account_passwd,
       ""},
      {"account connect", "ACCOUNT", "go online and stay so", account_connect, ""},
      {"account disconnect", "ACCOUNT", "go offline and stay so", account_disconnect, ""},
      {"account remove", "ACCOUNT", "forget an account and its password here", account_remove, ""},
      {"contacts list", "[PATTERN] [--online]", "list contacts (short: contacts)", contacts_list,
       ""},
      {"contacts add", "JID [--name NAME]", "ask to see a contact, and let it see you",
       contacts_add, ""},
      {"contacts remove", "JID", "take a contact off the list", contacts_remove, ""},
      {"contacts approve", "JID…", "let those who asked see you", contacts_approve, ""},
      {"contacts deny", "JID…", "turn those who asked down", contacts_deny, ""},
      {"queue add", "FILE… --to JID… [options]", "queue files to be sent (short: send)", queue_add,
       kSendExamples},
      {"queue list", "[options]", "list jobs, newest first", queue_list,
       "  xmppftctl queue list --state failed\n"
       "  xmppftctl --plain queue list --columns id,state"},
      {"queue show", "JOB…", "show all about jobs", queue_show, ""},
      {"queue wait", "JOB… [--any|--started]", "wait until jobs have finished", queue_wait,
       "  xmppftctl queue wait @k3f9 --timeout 10m; echo $?"},
      {"queue watch", "[JOB…]", "show jobs as they go on", queue_watch, ""},
      {"queue cancel", "JOB… | options", "end jobs that have not ended", queue_cancel,
       "  xmppftctl queue cancel 12 15-17\n"
       "  xmppftctl queue cancel --peer bob@example.net"},
      {"queue remove", "JOB… | options", "take jobs that have ended off the list", queue_remove,
       "  xmppftctl queue remove --state done"},
      {"send", "FILE… --to JID… [options]", "queue files to be sent", queue_add, kSendExamples},
      {"offers", "", "list files that others want to send you", offers, ""},
      {"accept", "JOB… [options]", "take offered files", accept,
       "  xmppftctl accept 11 --into ~/Inbox/ --wait"},
      {"decline", "JOB…", "refuse offered files", decline, ""},
      {"policy add", "--from JID [options]", "accept offers without asking", policy_add,
       "  xmppftctl policy add --from bob@example.net --into ~/Inbox/\n"
       "  xmppftctl policy add --from '*@example.org' --max-size 100Mi"},
      {"policy list", "", "list the rules, first match wins", policy_list, ""},
      {"policy remove", "RULE…", "remove rules by their number", policy_remove, ""},
      {"why", "JOB…", "tell the story of a job", why, ""},
      {"status", "", "show daemon, accounts and jobs at a glance", status, ""},
      {"help", "[COMMAND]", "show this, or the help of a command", help, ""},
      {"contacts", "[PATTERN] [--online]", "list contacts", contacts_list, ""},
      {"queue", "[options]", "list jobs, newest first", queue_list, ""},
  };
  return kCommands;
}

const Command& find_command(std::vector<std::string>& words) {
  const auto find = [](const std::string& name) {
    const auto& all = commands();
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
    return at == all.end() ? nullptr : &*at;
  };
  if (words.empty()) throw usage("no command", "xmppftctl help");
  const std::string first = words[0], second = words.size() > 1 ? words[1] : "";
  if (const auto* command = find(first + " " + second)) {
    words.erase(words.begin(), words.begin() + 2);
    return *command;
  }

  // `account --help`: the group has no command of its own to ask.
  if (find(first) == nullptr && !group_overview(first).empty() &&
      (second == "--help" || second == "-h")) {
    words = {first};
    return *find("help");
  }

  const auto is_group = [&](const Command& c) { return c.name.starts_with(first + " "); };
  const bool group = std::any_of(commands().begin(), commands().end(), is_group);
  const bool verb = !second.empty() && second[0] != '-';
  // `contacts PATTERN` and bare `queue` stand for their list; `queue ad x` is a slip.
  if (const auto* command = find(first); command && !(group && verb && first == "queue")) {
    words.erase(words.begin());
    return *command;
  }

  const std::string typed = group && verb ? first + " " + second : first;
  std::vector<std::string_view> names;
  for (const auto& command : commands()) {
    if (!group || command.name.starts_with(first + " ")) names.push_back(command.name);
  }
  if (group && !verb) {
    std::string verbs;
    for (const auto name : names)
      verbs += (verbs.empty() ? "" : ", ") + std::string(name.substr(first.size() + 1));
    throw usage("'" + first + "' needs one of: " + verbs, "xmppftctl help");
  }
  const auto meant = nearest(typed, names);
  throw usage("unknown command '" + printable(typed) + "'" +
                  (meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?"),
              "xmppftctl help");
}

void add_globals(Options& options, Globals& globals) {
  options.flag("--json", globals.json, "answer with one JSON document");
  options.flag("--plain", globals.plain, "answer in tab-separated lines without titles");
  options.flag("-q,--quiet", globals.quiet, "print only what was asked for, such as ids");
  options.flag("-v,--verbose", globals.verbose, "also print error names");
  options.value("--color", globals.color, "WHEN", "auto, always or never");
  options.value("--timeout", globals.timeout, "DUR",
                "give up waiting after this: 30s, 10m, 2h, 1d (exit 124)");
  options.value("--account", globals.account, "ACCOUNT", "account to use, by id or JID");
  options.flag("--no-autostart", globals.no_autostart, "do not start the daemon");
}

Call::Call(const Command& command, Context& c, Globals globals, std::vector<std::string> arguments)
    : options("xmppftctl " + std::string(command.name), std::string(command.summary),
              std::string(command.arguments), footer_of(command)),
      context(c),
      globals_(std::move(globals)),
      arguments_(std::move(arguments)) {}

void Call::parse() {
  options.hide_following();
  add_globals(options, globals_);
  try {
    options.parse(arguments_);
  } catch (const Failure&) {
    context.apply_form(globals_);  // the failure is told in the form that was asked for
    throw;
  }
  context.apply(globals_);
}

std::string group_overview(std::string_view group) {
  const auto lines = command_lines(std::string(group) + " ");
  if (lines.empty()) return {};
  return "Usage: xmppftctl " + std::string(group) + " COMMAND\n\n" + lines + "\nxmppftctl help " +
         std::string(group) + " COMMAND tells more.\n";
}

std::string overview() {
  std::string text =
      "xmppftctl sends and receives files over XMPP through xmppftd.\n\n"
      "Usage: xmppftctl [global options] COMMAND\n\n" +
      command_lines("");
  Globals unused;
  Options globals("", "", "", "");
  add_globals(globals, unused);
  bool version = false;
  globals.flag("--version", version, "print the version");
  text += "\nGlobal options:\n" + globals.help_lines();
  text +=
      "\nJOB is 12, 3-9, @BATCH, @last, or @- (ids from standard input). A JID may be an xmpp: "
      "URI.\n"
      "-- ends the options: what follows are words, even if they begin with -.\n"
      "Exit: 0 ok, 1 refused, in part, or the answer could not be written, 2 usage, 3 no such job "
      "or\n"
      "account, 4 an awaited job failed, 5 no daemon, 6 not online or authentication, 7 no "
      "permission,\n"
      "or an unreadable file, 124 --timeout, 130 interrupted.\n";
  return text;
}

}  // namespace xmppftctl
