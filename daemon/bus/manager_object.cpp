// SPDX-License-Identifier: MIT
#include "bus/manager_object.h"

#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "base/system_error.h"
#include "base/text.h"
#include "bus/accept_rules.h"
#include "bus/account_settings.h"
#include "bus/file_uri.h"
#include "bus/job_selector.h"
#include "bus/names.h"
#include "bus/outgoing.h"
#include "bus/reply.h"
#include "bus/send_options.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxFds = 16;  // what a message bus lets through
constexpr std::uint32_t kMaxPage = 1000;
/// The longest path that the kernel opens, with every byte of it escaped.
constexpr std::size_t kMaxUri = 7 + 3 * 4096;

Result<std::string> path_of(const std::string& uri) {
  if (uri.size() > kMaxUri)
    return Error{Errc::BadUri,
                 in_quotes(uri, 200) + " is longer than any path can be; want at most " +
                     std::to_string(kMaxUri) + " bytes, not " + std::to_string(uri.size())};
  return uri_to_path(uri);
}

/// A descriptor of ours for one of a message. sdbus-c++ 1.2 loses FD_CLOEXEC when it passes a
/// descriptor on.
UniqueFd own(const sdbus::UnixFd& fd, const std::string& subject) {
  UniqueFd copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    const auto what = in_quotes(subject) + ": the descriptor cannot be used";
    throw to_bus_error(is_shortage(errno) ? system_error(errno, what)
                                          : system_error(Errc::BadFd, errno, what,
                                                         "open the file and pass it again"));
  }
  return copy;
}

/// One D-Bus error for all that is wrong: the first problem's name, a line each.
sdbus::Error problems_error(const std::vector<SendOutcome::Problem>& problems) {
  constexpr std::string_view kMore = "\n...";
  std::string text(cut_text(problems.front().error.detail, kMaxString - kMore.size()));
  for (std::size_t i = 1; i < problems.size(); ++i) {
    const auto line = "\n" + problems[i].error.detail;
    if (text.size() + line.size() + kMore.size() > kMaxString) {
      text += kMore;
      break;
    }
    text += line;
  }
  return {bus_error_name(problems.front().error.code), text};
}

std::string words_for_many() {
  std::string words;
  for (const auto& verb : all_verbs())
    if (verb.for_many) words += (words.empty() ? "" : ", ") + std::string(verb.word);
  return words;
}

}  // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, ManagerWorld world)
    : BusObject(connection, kRootPath),
      world_(std::move(world)),
      controls_(world_.queue, world_.timers),
      changes_(world_.timers,
               [this](const Changes::Batch& batch) {
                 std::vector<sdbus::Struct<std::uint64_t, std::string>> rows;
                 for (const auto& [id, word] : batch) rows.emplace_back(id, word);
                 object().tell([&] { emitJobsChanged(world_.queue.generation(), rows); });
               }),
      batches_(world_.timers) {}

void ManagerObject::job_changed(JobId id, std::string_view word) {
  changes_.add(id, word);
  if (!counts_)
    counts_ = world_.timers.after(std::chrono::seconds(1), [this] {
      counts_.reset();
      tell_changed("Counts");
    });
}

void ManagerObject::tell_changed(const std::string& property) {
  emitPropertiesChangedSignal(kManagerInterface, {property});
}

void ManagerObject::SendUris(sdbus::Result<std::string, std::vector<std::uint64_t>>&& call,
                             std::vector<std::string> uris, std::vector<std::string> recipients,
                             VariantMap options) {
  respond(std::move(call), [&](SendReply& reply) {
    if (uris.empty()) throw invalid_args("uris: name at least one file");
    if (uris.size() > kMaxArray)
      throw to_bus_error({Errc::TooMany, "more than 1000 files in one call; split it"});
    std::string name;
    SendRequest request = read_send_options(options, std::move(recipients), true, name);
    if (!name.empty() && uris.size() > 1) throw invalid_args("name: only with one file");
    std::vector<SendOutcome::Problem> problems;
    for (const auto& uri : uris) {
      auto path = path_of(uri);
      if (path)
        request.sources.push_back({.path = *path, .fd = {}, .name = name});
      else
        problems.push_back({uri, path.error()});
    }
    if (!problems.empty()) throw problems_error(problems);
    submit(reply, std::move(request));
  });
}

void ManagerObject::SendFds(sdbus::Result<std::string, std::vector<std::uint64_t>>&& call,
                            std::vector<sdbus::Struct<sdbus::UnixFd, std::string>> files,
                            std::vector<std::string> recipients, VariantMap options) {
  respond(std::move(call), [&](SendReply& reply) {
    if (files.empty() || files.size() > kMaxFds) throw invalid_args("files: want 1 to 16");
    std::string no_name;
    SendRequest request = read_send_options(options, std::move(recipients), false, no_name);
    for (const auto& file : files) {
      const auto& name = std::get<1>(file);
      check_string("a name", name);
      if (name.empty())
        throw invalid_args("files: a descriptor needs the name that the receiver sees");
      request.sources.push_back(
          {.path = "", .fd = own(std::get<0>(file), name), .name = name, .keep_open = true});
    }
    submit(reply, std::move(request));
  });
}

void ManagerObject::submit(SendReply& reply, SendRequest request) {
  world_.queue.submit(std::move(request), reply.then([](SendReply& owed, const SendOutcome& sent) {
    if (!sent.ok()) throw problems_error(sent.problems);
    owed.give(sent.batch, sent.ids);
  }));
}

void ManagerObject::OpenBatch(sdbus::Result<std::string>&& call,
                              std::vector<std::string> recipients, VariantMap options) {
  respond(std::move(call), [&](Reply<std::string>& reply) {
    if (batches_.full())
      throw to_bus_error({Errc::TooMany, std::to_string(OpenBatches::kMost) +
                                             " batches are open; submit one first"});
    std::string no_name;
    std::vector<SendOutcome::Problem> problems;
    auto batch = world_.queue.open_batch(
        read_send_options(options, std::move(recipients), false, no_name), problems);
    if (batch == nullptr) throw problems_error(problems);
    const auto name = batch->name();
    batches_.keep(caller(), std::move(batch));
    reply.give(name);
  });
}

void ManagerObject::AddToBatch(
    sdbus::Result<>&& call, std::string batch,
    std::vector<sdbus::Struct<sdbus::UnixFd, std::string, std::string>> files) {
  respond(std::move(call), [&](Reply<>& reply) {
    if (files.empty() || files.size() > kMaxFds) throw invalid_args("files: want 1 to 16");
    std::vector<SendSource> sources;
    std::vector<SendOutcome::Problem> problems;
    for (const auto& file : files) {
      const auto& [fd, uri, name] =
          static_cast<const std::tuple<sdbus::UnixFd, std::string, std::string>&>(file);
      check_string("a name", name);
      if (uri.empty() && name.empty())
        throw invalid_args("files: a descriptor needs a URI or a name");
      auto path = uri.empty() ? Result<std::string>(std::string()) : path_of(uri);
      if (path)
        sources.push_back({.path = *path, .fd = own(fd, uri.empty() ? name : uri), .name = name});
      else
        problems.push_back({uri, path.error()});
    }
    if (!problems.empty()) throw problems_error(problems);
    auto& open = batches_.begin_use(caller(), batch);
    open.add(std::move(sources),
             reply.then([this, client = caller(), batch](Reply<>& owed, const SendOutcome& added) {
               batches_.end_use(client, batch, added.ok());
               if (!added.ok()) throw problems_error(added.problems);
               owed.give();
             }));
  });
}

void ManagerObject::SubmitBatch(sdbus::Result<std::vector<std::uint64_t>>&& call,
                                std::string batch) {
  respond(std::move(call), [&](Reply<std::vector<std::uint64_t>>& reply) {
    auto whole = batches_.take(caller(), batch);
    world_.queue.submit(std::move(whole), reply.then([](auto& owed, const SendOutcome& sent) {
      if (!sent.ok()) throw problems_error(sent.problems);
      owed.give(sent.ids);
    }));
  });
}

/// Row by row into the reply, which is all that a page costs: each value by itself would be a
/// message of a kilobyte.
void ManagerObject::ListJobs(
    sdbus::Result<std::vector<FieldsRow>, std::string, std::uint64_t>&& call, VariantMap filter,
    std::vector<std::string> fields, std::string cursor, std::uint32_t limit) {
  respond(std::move(call), [&](auto& reply) {
    if (limit < 1 || limit > kMaxPage)
      throw invalid_args("limit: " + std::to_string(limit) + " is out of range; want 1 to 1000");
    if (fields.size() > kMaxArray) throw invalid_args("fields: more than 1000");
    check_string("cursor", cursor);
    const auto page = world_.queue.list(read_filter(filter), cursor, limit);
    if (!page) throw to_bus_error(page.error());
    const auto names = check_job_fields(std::move(fields));
    auto rows = object().create_reply();
    rows.openContainer("(ta{sv})");
    for (const JobId id : page->ids) {
      const auto* record = world_.queue.find(id);
      if (record == nullptr) continue;
      const JobView job{*record, world_.queue.progress(id)};
      const bool account_exists = world_.accounts.get(record->account) != nullptr;
      rows.openStruct("ta{sv}");
      rows << id;
      rows.openContainer("{sv}");
      for (const auto& name : names) {
        rows.openDictEntry("sv");
        rows << name << job_field(name, job, account_exists);
        rows.closeDictEntry();
      }
      rows.closeContainer();
      rows.closeStruct();
    }
    rows.closeContainer();
    rows << outgoing(page->next) << page->generation;
    reply.give(rows);
  });
}

const JobRecord& ManagerObject::known_job(JobId id) const {
  const auto* job = world_.queue.find(id);
  if (job != nullptr) return *job;
  throw to_bus_error({Errc::NoSuchJob, "no job " + std::to_string(id) + " (newest is " +
                                           std::to_string(world_.queue.newest()) + ")"});
}

void ManagerObject::GetJob(sdbus::Result<sdbus::ObjectPath>&& call, std::uint64_t id) {
  respond(std::move(call), [&](Reply<sdbus::ObjectPath>& reply) {
    known_job(id);
    world_.objects.pin(id, caller());
    reply.give(sdbus::ObjectPath(job_path(id)));
  });
}

void ManagerObject::ControlJobs(sdbus::Result<std::vector<std::uint64_t>, std::vector<Row>>&& call,
                                std::string action, VariantMap selector, VariantMap options) {
  respond(std::move(call), [&](Controls::Reply& reply) {
    const auto* verb = find_verb(action);
    if (verb == nullptr || !verb->for_many)
      throw invalid_args("action: " + in_quotes(action, 60) + " is not one of " + words_for_many());
    Options(options).finish("");
    controls_.add(std::move(reply), *verb, read_selector(selector));
  });
}

void ManagerObject::WaitJobs(sdbus::Result<std::vector<Row>>&& call, std::vector<std::uint64_t> ids,
                             std::string until, std::uint64_t timeout_usec) {
  respond(std::move(call), [&](Waits::Reply& reply) {
    constexpr std::uint64_t kLongest = 1000ull * 1000 * 3600 * 24 * 365;
    world_.waits.add(reply, std::move(ids), until,
                     std::chrono::microseconds(std::min(timeout_usec, kLongest)), caller());
  });
}

void ManagerObject::GetHistory(sdbus::Result<std::vector<VariantMap>>&& call, std::uint64_t id) {
  respond(std::move(call), [&](Reply<std::vector<VariantMap>>& reply) {
    world_.queue.history(
        id, reply.then([](auto& owed, const Result<std::vector<HistoryEntry>>& story) {
          if (!story) return owed.fail(story.error());
          std::vector<VariantMap> rows;
          for (const auto& entry : *story)
            rows.push_back({{"at", variant(bus_time(entry.at))},
                            {"what", variant(safe_text(entry.what, kMaxString))},
                            {"detail", variant(safe_text(entry.detail, kMaxString))}});
          owed.give(rows);
        }));
  });
}

void ManagerObject::GetWait(sdbus::Result<VariantMap>&& call, std::uint64_t id) {
  respond(std::move(call), [&](Reply<VariantMap>& reply) {
    const auto& job = known_job(id);
    const auto wait = world_.queue.wait_of(id);
    const auto reason = wait.what.empty() ? to_string(job.reason) : wait.what;
    reply.give({{"reason", variant(std::string(reason))},
                {"until", variant(bus_time(wait.until))},
                {"why", variant(safe_text(wait.why, kMaxString))}});
  });
}

void ManagerObject::AddAccount(sdbus::Result<sdbus::ObjectPath>&& call, std::string jid,
                               VariantMap settings) {
  respond(std::move(call), [&](Reply<sdbus::ObjectPath>& reply) {
    check_string("jid", jid);
    auto parsed = Jid::parse(jid);
    if (!parsed) throw to_bus_error(parsed.error());
    if (!parsed->is_bare() || parsed->local().empty())
      throw to_bus_error(
          {Errc::BadJid, in_quotes(jid, 200) +
                             " is not an account's address; want user@domain, and the "
                             "resource as a setting of its own"});
    AccountSettings account;
    account.jid = parsed->str();
    apply_settings(settings, account);
    world_.accounts.add(std::move(account),
                        reply.then([](auto& owed, const Result<AccountId>& added) {
                          if (!added) return owed.fail(added.error());
                          owed.give(sdbus::ObjectPath(account_path(*added)));
                        }));
  });
}

void ManagerObject::RemoveAccount(sdbus::Result<>&& call, sdbus::ObjectPath account,
                                  VariantMap options) {
  respond(std::move(call), [&](Reply<>& reply) {
    Options(options).finish("");
    const auto id = account_of(account);
    if (!id)
      throw to_bus_error(
          {Errc::NoSuchAccount, in_quotes(account) + " is not the path of an account"});
    world_.accounts.remove(*id, answering(reply));
  });
}

std::string ManagerObject::Version() { return XMPPFT_VERSION; }
std::uint64_t ManagerObject::StartedAt() { return bus_time(world_.started_at); }
std::vector<std::string> ManagerObject::Features() {
  std::vector<std::string> words;
  for (const auto& method : all_methods()) words.emplace_back(method.word);
  return words;
}
std::uint32_t ManagerObject::MaxActive() { return world_.queue.config().max_active; }

std::vector<VariantMap> ManagerObject::AutoAccept() { return rules_to_bus(world_.queue.rules()); }

void ManagerObject::AutoAccept(const std::vector<VariantMap>& rules) {
  auto own = rules_from_bus(rules);
  if (auto folders = world_.queue.check_folders(own); !folders) throw to_bus_error(folders.error());
  if (auto set = world_.queue.set_rules(own); !set) throw to_bus_error(set.error());
  world_.save_rules(own);
  tell_changed("AutoAccept");
}

std::map<std::string, std::uint32_t> ManagerObject::Counts() {
  std::map<std::string, std::uint32_t> counts;
  for (const auto& [state, count] : world_.queue.counts())
    if (count > 0) counts[std::string(to_string(state))] = count;
  return counts;
}

std::vector<std::string> ManagerObject::Problems() { return world_.queue.problems(); }
bool ManagerObject::Degraded() { return world_.queue.degraded(); }

}  // namespace xmppftd
