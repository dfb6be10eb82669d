// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>

#include "accounts.h"
#include "addressee.h"
#include "command.h"
#include "files.h"
#include "follow.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::size_t kDescriptors = 16;  // files in one AddToBatch

struct Queued {
  std::string batch;
  std::vector<std::uint64_t> ids;
  std::uint64_t bytes = 0;
};

[[noreturn]] void nobody_named(Context& context) {
  std::string online;
  try {  // help with the answer if the daemon can
    for (const auto& account : accounts(context)) {
      for (const auto& c :
           AccountClient(context.bus(), account.path).ListContacts({{"online", true}})) {
        online += (online.empty() ? "" : ", ") + value_of<std::string>(c, "jid");
      }
    }
  } catch (const Failure&) {
  } catch (const sdbus::Error&) {
  }
  throw usage("--to is needed" + (online.empty() ? "" : "; online: " + online),
              "--to bob@example.net");
}

/// While this is there nothing of the command is queued, and Ctrl-C says so.
class NothingQueuedYet {
 public:
  NothingQueuedYet() : before_(std::signal(SIGINT, on_interrupt)) {}
  ~NothingQueuedYet() { std::signal(SIGINT, before_); }
  NothingQueuedYet(const NothingQueuedYet&) = delete;

 private:
  static void on_interrupt(int) {
    static constexpr char kText[] = "\nxmppftctl: interrupted; nothing was queued\n";
    if (::write(STDERR_FILENO, kText, sizeof kText - 1) < 0) ::_exit(kInterrupted);
    ::_exit(kInterrupted);
  }
  void (*const before_)(int);
};

Queued send_stdin(Context& context, const std::string& name, const std::vector<std::string>& to,
                  const Values& options) {
  ManagerClient& manager = context.manager();  // before gigabytes are read
  Queued queued;
  int fd = -1;
  {
    const NothingQueuedYet yet;
    fd = spool(STDIN_FILENO, queued.bytes);
  }
  const std::vector<sdbus::Struct<sdbus::UnixFd, std::string>> files = {
      {sdbus::UnixFd(fd, sdbus::adopt_fd), name}};
  std::tie(queued.batch, queued.ids) = manager.SendFds(files, to, options);
  return queued;
}

/// What the receiver sees. A name that is no text is left to the daemon, which makes one of its
/// bytes.
std::string shown_name(const SourceFile& file) {
  return why_not_text(file.name).empty() ? file.name : "";
}

/// The daemon would make a safe name of any; of what was typed here the user is told.
void check_shown_name(const std::string& name) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  };
  const char* rule = name.empty()                          ? "it is empty"
                     : name == "." || name == ".."         ? "it means a folder"
                     : name.find('/') != std::string::npos ? "it has a '/' in it"
                     : std::any_of(name.begin(), name.end(), is_control)
                         ? "it has a control character in it"
                         : nullptr;
  if (rule) {
    throw usage("--name '" + printable(name) + "' names no file: " + rule,
                "a plain name such as --name backup.tar");
  }
}

/// Each file as this program sees it: the daemon may see another one under the same path. `name`:
/// what the receiver sees in place of the file's own; "" = that.
Queued send_files(Context& context, const std::vector<std::string>& names, const std::string& name,
                  const std::vector<std::string>& to, const Values& options) {
  using File = sdbus::Struct<sdbus::UnixFd, std::string, std::string>;
  const auto files = check_files(names);
  Queued queued;
  {
    const NothingQueuedYet yet;
    ManagerClient& manager = context.manager();
    queued.batch = manager.OpenBatch(to, options);
    std::vector<File> part;
    for (const auto& file : files) {
      queued.bytes += file.size;
      part.emplace_back(sdbus::UnixFd(open_file(file), sdbus::adopt_fd), uri_of_path(file.path),
                        name.empty() ? shown_name(file) : name);
      if (part.size() < kDescriptors && &file != &files.back()) continue;
      manager.AddToBatch(queued.batch, part);
      part.clear();
    }
  }
  queued.ids = context.manager().SubmitBatch(queued.batch);
  return queued;
}

/// An account, and those whom it sends to.
struct Sender {
  Account account;
  std::vector<std::string> recipients;
};

/// The files are queued by now: what is told beside that may fail, and the send has not.
void tell_if_possible(const std::function<void()>& tell) {
  try {
    tell();
  } catch (const Failure&) {
  } catch (const sdbus::Error&) {
  }
}

/// Whom the daemon picked for whom. The first jobs of a batch are the first file's, one a
/// recipient.
std::vector<Sender> senders(Context& context, const std::vector<Account>& all, const Queued& queued,
                            std::size_t recipients) {
  const auto end = std::min(recipients, queued.ids.size());
  const std::vector<std::uint64_t> first(queued.ids.begin(),
                                         queued.ids.begin() + static_cast<std::ptrdiff_t>(end));
  const auto jobs = context.manager().list_ids(first, {"Account", "Peer"});
  std::vector<Sender> out;
  for (const auto& account : all) {
    Sender sender{account, {}};
    for (const auto& job : jobs) {
      if (job.account == account.id) sender.recipients.push_back(job.peer);
    }
    if (!sender.recipients.empty()) out.push_back(std::move(sender));
  }
  return out;
}

nlohmann::ordered_json to_json(const std::vector<Sender>& senders) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& [account, recipients] : senders)
    out.push_back({{"id", account.id}, {"jid", account.jid}, {"recipients", recipients}});
  return out;
}

std::string joined(const std::vector<std::string>& jids) {
  std::string out;
  for (const auto& jid : jids) out += (out.empty() ? "" : ", ") + printable(jid);
  return out;
}

/// "sending as ann@example.org (account 2)", where that was the daemon's choice.
void tell_senders(Context& context, const Queued& queued, std::size_t recipients) {
  if (!context.account.empty() || !context.out.human() || context.out.quiet) return;
  const auto all = accounts(context);
  if (all.size() < 2) return;
  const auto picked = senders(context, all, queued, recipients);
  for (const auto& [account, theirs] : picked) {
    context.out.note("sending as " + printable(account.jid) + " (account " + account.id + ")" +
                     (picked.size() > 1 ? " to " + joined(theirs) : ""));
  }
}

void tell(const Output& out, const Queued& queued, const std::vector<std::string>& to) {
  if (out.quiet || out.form == Output::Form::Plain) {
    for (const auto id : queued.ids)
      std::cout << id << (out.quiet ? "" : "\t" + queued.batch) << '\n';
    std::cout.flush();  // a script may read ids while we wait
    return;
  }
  out.say("batch " + queued.batch + ": " + plural(queued.ids.size(), "job") + " queued (" +
          id_ranges(queued.ids) + "), " +
          human_bytes(static_cast<std::int64_t>(queued.bytes * to.size())) + " to " + joined(to));
  std::cout.flush();
}

}  // namespace

int queue_add(Call& call) {
  std::vector<std::string> files, to, methods;
  std::string name, priority, description;
  bool wait = false;
  call.options.paths(files);
  call.options.values("--to", to, "JID", "recipient, bare or full JID; repeat for more");
  call.options.value("--name", name, "NAME", "name shown to the receiver (one file only)");
  call.options.value("--description", description, "TEXT", "text for the receiver");
  call.options.values(
      "--method", methods, "ID[/ROUTE],...",
      "ways to try, in order: si-socks5, si-socks5/direct, si-socks5/proxy, si-ibb");
  call.options.value("--priority", priority, "N", "-100 to 100, higher first (default 0)");
  call.options.flag("--wait", wait, "stay until the jobs have finished; exit 4 if one fails");
  call.parse();
  Context& context = call.context;

  if (files.empty()) throw usage("what shall be sent? name files, or - for standard input");
  if (to.empty()) nobody_named(context);
  for (auto& jid : to) jid = addressee(context, "--to", jid);
  for (auto jid = to.begin(); jid != to.end(); ++jid) {
    if (std::find(to.begin(), jid, *jid) != jid)
      throw usage("--to '" + printable(*jid) + "' is given twice", "name each recipient once");
  }
  const bool from_stdin = std::find(files.begin(), files.end(), "-") != files.end();
  if (from_stdin && files.size() > 1)
    throw usage("- (standard input) cannot be sent together with files");
  if (from_stdin && name.empty())
    throw usage("- (standard input) needs --name", "--name backup.tar");
  if (!name.empty() && files.size() > 1)
    throw usage("--name is for one file, and there are " + std::to_string(files.size()));

  if (call.options.given("--name")) check_shown_name(name);

  Values options;
  if (!context.account.empty())
    options["account"] = sdbus::ObjectPath(find_account(context, context.account).path);
  if (!description.empty()) options["description"] = description;
  if (!priority.empty())
    options["priority"] =
        static_cast<std::int32_t>(parse_number("--priority", priority, -100, 100));
  std::vector<std::string> ways;
  for (const auto& method : methods) {
    for (auto& way : parse_list("--method", method)) ways.push_back(std::move(way));
  }
  if (!ways.empty()) options["methods"] = ways;
  const Queued queued = from_stdin ? send_stdin(context, name, to, options)
                                   : send_files(context, files, name, to, options);
  const Output& out = context.out;
  nlohmann::ordered_json body;
  if (out.json()) {
    body = {{"batch", queued.batch}, {"ids", queued.ids}, {"accounts", nullptr}};
    tell_if_possible([&] {
      body["accounts"] = to_json(senders(context, accounts(context), queued, to.size()));
    });
  } else {
    tell(out, queued, to);
    tell_if_possible([&] { tell_senders(context, queued, to.size()); });
  }
  int exit = kOk;
  std::vector<Job> finished;
  if (wait) exit = wait_and_tell(context, queued.ids, &finished);
  if (out.json()) {
    if (wait) {
      body["jobs"] = nlohmann::ordered_json::array();
      for (const auto& job : finished) body["jobs"].push_back(to_json(job));
    }
    out.document(std::move(body));
  }
  return exit;
}

}  // namespace xmppftctl
