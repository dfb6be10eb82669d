// SPDX-License-Identifier: MIT
#include "fake_daemon.h"

#include <unistd.h>

#include <algorithm>

namespace {

constexpr const char* kName = "org.xmppft.Daemon1";
constexpr const char* kRoot = "/org/xmppft/Daemon1";
constexpr const char* kAccount = "org.xmppft.Account1";
constexpr const char* kJob = "org.xmppft.Job1";

std::string content_of(int fd) {
  std::string content;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
    content.append(buffer, static_cast<std::size_t>(got));
  return content;
}

bool is_final(const std::string& state) {
  return state == "done" || state == "failed" || state == "cancelled";
}

bool is_live(const std::string& state) {
  return state == "queued" || state == "offered" || state == "connecting" || state == "active" ||
         state == "verifying";
}

}  // namespace

FakeDaemon::FakeDaemon() : FakeDaemon(sdbus::createSessionBusConnection()) {}

FakeDaemon::FakeDaemon(std::unique_ptr<sdbus::IConnection> connection)
    : AdaptorInterfaces(*connection, kRoot), connection_(std::move(connection)) {
  registerAdaptor();
  export_account();
  connection_->requestName(kName);
  connection_->enterEventLoopAsync();
}

FakeDaemon::~FakeDaemon() {
  crash();
  connection_->leaveEventLoop();
  job_objects_.clear();
  more_accounts_.clear();
  account_.reset();
  waits_.clear();
  unregisterAdaptor();
}

void FakeDaemon::crash() {
  if (!connection_) return;
  try {
    connection_->releaseName(kName);
  } catch (const sdbus::Error&) {  // it was released before
  }
}

std::uint64_t FakeDaemon::add_job(const std::string& name, const std::string& state,
                                  const std::string& direction) {
  const std::lock_guard lock(mutex);
  const std::uint64_t id = jobs.empty() ? 1 : jobs.rbegin()->first + 1;
  jobs[id] = {{"Id", id},
              {"Name", name},
              {"State", state},
              {"StateReason", std::string()},
              {"Direction", direction},
              {"Batch", std::string(direction == "out" ? "b1" : "")},
              {"Peer", std::string("bob@example.net")},
              {"Size", std::int64_t{1024}},
              {"Transferred", std::uint64_t{0}},
              {"Method", std::string("si-ibb")},
              {"Uri", std::string("file:///in/" + name)}};
  return id;
}

void FakeDaemon::move(std::uint64_t id, const std::string& state, const std::string& reason) {
  const std::lock_guard lock(mutex);
  jobs[id]["State"] = state;
  jobs[id]["StateReason"] = reason;
  emitJobsChanged(++generation_, {{id, state}});
  for (auto& wait : waits_) {
    if (is_over(wait)) answer(wait);
  }
  waits_.erase(
      std::remove_if(waits_.begin(), waits_.end(), [](const Wait& w) { return w.ids.empty(); }),
      waits_.end());
}

void FakeDaemon::await_waits(unsigned n) {
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return waits_seen >= n; });
}

bool FakeDaemon::is_over(const Wait& wait) const {
  const auto over = [&](std::uint64_t id) {
    const auto state = jobs.at(id).at("State").get<std::string>();
    return wait.until == "started" ? state != "queued" && state != "offered" : !is_live(state);
  };
  return wait.until == "any-finished" ? std::any_of(wait.ids.begin(), wait.ids.end(), over)
                                      : std::all_of(wait.ids.begin(), wait.ids.end(), over);
}

void FakeDaemon::answer(Wait& wait) {
  Results results;
  for (const auto id : wait.ids) {
    const auto& job = jobs.at(id);
    results.push_back(
        {id, job.at("State").get<std::string>(), job.at("StateReason").get<std::string>()});
  }
  wait.ids.clear();
  wait.result.returnResults(results);
}

std::vector<std::uint64_t> FakeDaemon::queue(const std::vector<std::string>& names,
                                             const std::vector<std::string>& recipients) {
  std::vector<std::uint64_t> ids;
  for (const auto& name : names) {
    for (const auto& recipient : recipients) {
      ids.push_back(add_job(name, "queued"));
      const std::lock_guard lock(mutex);
      const auto pick = picks.find(recipient);
      jobs[ids.back()]["Peer"] = recipient;
      jobs[ids.back()]["Account"] = sdbus::ObjectPath(std::string(kRoot) + "/accounts/" +
                                                      (pick == picks.end() ? "1" : pick->second));
    }
  }
  return ids;
}

void FakeDaemon::SendUris(sdbus::Result<std::string, std::vector<std::uint64_t>>&& result,
                          std::vector<std::string> uris, std::vector<std::string> recipients,
                          Values options) {
  std::vector<std::string> names;
  for (const auto& uri : uris) names.push_back(uri.substr(uri.rfind('/') + 1));
  const auto ids = queue(names, recipients);
  {
    const std::lock_guard lock(mutex);
    sent.push_back({uris, recipients, {}, options});
  }
  result.returnResults(std::string("b1"), ids);
}

void FakeDaemon::SendFds(sdbus::Result<std::string, std::vector<std::uint64_t>>&& result,
                         std::vector<sdbus::Struct<sdbus::UnixFd, std::string>> files,
                         std::vector<std::string> recipients, Values options) {
  Sent call{{}, recipients, {}, options};
  for (const auto& file : files) {
    call.uris.push_back(file.get<1>());
    call.contents.push_back(content_of(file.get<0>().get()));
  }
  const auto ids = queue(call.uris, recipients);
  {
    const std::lock_guard lock(mutex);
    sent.push_back(std::move(call));
  }
  result.returnResults(std::string("b1"), ids);
}

void FakeDaemon::OpenBatch(sdbus::Result<std::string>&& result, std::vector<std::string> recipients,
                           Values options) {
  open_batch_ = {};
  open_batch_.recipients = std::move(recipients);
  open_batch_.options = std::move(options);
  result.returnResults(std::string("b1"));
}

void FakeDaemon::AddToBatch(
    sdbus::Result<>&& result, std::string,
    std::vector<sdbus::Struct<sdbus::UnixFd, std::string, std::string>> files) {
  for (const auto& file : files) {
    open_batch_.contents.push_back(content_of(file.get<0>().get()));
    open_batch_.uris.push_back(file.get<1>());
    open_batch_.names.push_back(file.get<2>());
  }
  open_batch_.calls.push_back(files.size());
  if (open_batch_.uris.size() > refuse_after)
    return result.returnError(sdbus::Error("org.xmppft.Error.TooMany", "too many of them"));
  result.returnResults();
}

void FakeDaemon::SubmitBatch(sdbus::Result<std::vector<std::uint64_t>>&& result, std::string) {
  const auto ids = queue(open_batch_.names, open_batch_.recipients);
  {
    const std::lock_guard lock(mutex);
    sent.push_back(std::move(open_batch_));
  }
  result.returnResults(ids);
}

std::vector<std::uint64_t> FakeDaemon::select(const Values& filter) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, job] : jobs) {
    const auto text_fits = [&, &row = job](const char* key, const char* property) {
      const auto at = filter.find(key);
      return at == filter.end() ||
             at->second.get<std::string>() == row.at(property).get<std::string>();
    };
    bool fits = text_fits("batch", "Batch") && text_fits("direction", "Direction");
    if (const auto at = filter.find("peer"); at != filter.end()) {
      const auto wanted = at->second.get<std::string>(), peer = job.at("Peer").get<std::string>();
      fits = fits && (peer == wanted || peer.starts_with(wanted + "/"));  // a bare one: all of it
    }
    if (const auto at = filter.find("ids"); at != filter.end()) {
      const auto wanted = at->second.get<std::vector<std::uint64_t>>();
      fits = fits && std::find(wanted.begin(), wanted.end(), id) != wanted.end();
    }
    if (const auto at = filter.find("state"); at != filter.end()) {
      const auto wanted = at->second.get<std::vector<std::string>>();
      fits = fits && std::find(wanted.begin(), wanted.end(), job.at("State").get<std::string>()) !=
                         wanted.end();
    }
    if (fits) ids.push_back(id);
  }
  return ids;
}

void FakeDaemon::ListJobs(sdbus::Result<Rows, std::string, std::uint64_t>&& result, Values filter,
                          std::vector<std::string>, std::string cursor, std::uint32_t limit) {
  const std::lock_guard lock(mutex);
  if (!list_error.empty()) return result.returnError(sdbus::Error(list_error, "no list today"));
  auto ids = select(filter);
  if (filter.count("sort") == 0) std::reverse(ids.begin(), ids.end());
  Rows rows;
  std::size_t at = cursor.empty() ? 0 : std::stoul(cursor);
  for (; at < ids.size() && rows.size() < limit; ++at) rows.push_back({ids[at], jobs[ids[at]]});
  result.returnResults(rows, at < ids.size() ? std::to_string(at) : "", generation_);
}

void FakeDaemon::GetJob(sdbus::Result<sdbus::ObjectPath>&& result, std::uint64_t id) {
  result.returnResults(job_object(id));
}

sdbus::ObjectPath FakeDaemon::job_object(std::uint64_t id) {
  const std::string path = std::string(kRoot) + "/jobs/" + std::to_string(id);
  if (job_objects_.count(id)) return path;
  auto object = sdbus::createObject(*connection_, path);
  object->registerMethod("Accept").onInterface(kJob).withInputParamNames("options").implementedAs(
      [this, id](const Values& options) {
        const std::lock_guard lock(mutex);
        if (jobs[id]["State"].get<std::string>() != "offered")
          throw sdbus::Error("org.xmppft.Error.BadState", "it is no open offer");
        const auto uri = options.find("uri");
        log.push_back("accept " + std::to_string(id) +
                      (uri == options.end() ? "" : " " + uri->second.get<std::string>()));
      });
  object->registerMethod("Decline").onInterface(kJob).withInputParamNames("options").implementedAs(
      [this, id](const Values&) {
        const std::lock_guard lock(mutex);
        log.push_back("decline " + std::to_string(id));
      });
  object->finishRegistration();
  job_objects_[id] = std::move(object);
  return path;
}

void FakeDaemon::ControlJobs(sdbus::Result<std::vector<std::uint64_t>, Results>&& result,
                             std::string action, Values selector, Values) {
  if (on_control) on_control();
  std::vector<std::uint64_t> changed;
  Results failed;
  const std::lock_guard lock(mutex);
  const bool by_id = selector.count("ids") != 0;
  std::string line = action;
  for (const auto id : select(selector)) {
    const auto state = jobs[id]["State"].get<std::string>();
    const bool can = is_final(state) == (action == "remove");
    if (!can && !by_id) continue;
    line += " " + std::to_string(id);
    if (can)
      changed.push_back(id);
    else
      failed.push_back({id, "org.xmppft.Error.BadState", "it is " + state});
  }
  log.push_back(line);
  result.returnResults(changed, failed);
}

void FakeDaemon::WaitJobs(sdbus::Result<Results>&& result, std::vector<std::uint64_t> ids,
                          std::string until, std::uint64_t) {
  {
    const std::lock_guard lock(mutex);
    Wait wait{std::move(result), std::move(ids), std::move(until)};
    if (is_over(wait)) {
      answer(wait);
    } else {
      waits_.push_back(std::move(wait));
    }
    ++waits_seen;
  }
  arrived.notify_all();
  if (on_wait) on_wait();
}

void FakeDaemon::GetHistory(sdbus::Result<std::vector<Values>>&& result, std::uint64_t) {
  result.returnResults({{{"at", std::uint64_t{1767607200'000'000}},
                         {"what", std::string("offered")},
                         {"detail", std::string("to bob@example.net/phone")}}});
}

void FakeDaemon::GetWait(sdbus::Result<Values>&& result, std::uint64_t id) {
  const std::lock_guard lock(mutex);
  auto& job = jobs.at(id);
  const auto until = job.find("NextAttemptAt");
  result.returnResults(
      {{"reason", job["StateReason"]},
       {"until", until == job.end() ? sdbus::Variant(std::uint64_t{0}) : until->second},
       {"why", std::string()}});
}

std::vector<Values> FakeDaemon::AutoAccept() {
  const std::lock_guard lock(mutex);
  return rules;
}

void FakeDaemon::AutoAccept(const std::vector<Values>& value) {
  const std::lock_guard lock(mutex);
  rules = value;
}

void FakeDaemon::AddAccount(sdbus::Result<sdbus::ObjectPath>&& result, std::string jid,
                            Values settings) {
  const std::lock_guard lock(mutex);
  if (jid == "twice@example.org")
    return result.returnError({"org.xmppft.Error.Exists", jid + " has an account already"});
  std::string line = "add " + jid;
  for (const auto& [key, value] : settings) {
    line += " " + key +
            (value.containsValueOfType<std::string>() ? "=" + value.get<std::string>() : "");
  }
  log.push_back(line);
  result.returnResults(sdbus::ObjectPath(std::string(kRoot) + "/accounts/1"));
}

void FakeDaemon::RemoveAccount(sdbus::Result<>&& result, sdbus::ObjectPath account, Values) {
  const std::lock_guard lock(mutex);
  log.push_back("remove " + account);
  result.returnResults();
}

void FakeDaemon::add_account(const std::string& id, const std::string& jid) {
  auto account = sdbus::createObject(*connection_, std::string(kRoot) + "/accounts/" + id);
  account->registerProperty("Id").onInterface(kAccount).withGetter([id] { return id; });
  account->registerProperty("Jid").onInterface(kAccount).withGetter([jid] { return jid; });
  account->finishRegistration();
  more_accounts_.push_back(std::move(account));
}

void FakeDaemon::export_account() {
  account_ = sdbus::createObject(*connection_, std::string(kRoot) + "/accounts/1");
  const auto text = [&](const char* name, std::function<std::string()> get) {
    account_->registerProperty(name).onInterface(kAccount).withGetter(std::move(get));
  };
  text("Id", [] { return "1"; });
  text("Jid", [] { return "ann@example.org"; });
  text("BoundJid", [this] { return connect_error.empty() ? "ann@example.org/x1" : ""; });
  text("State", [this] { return connect_error.empty() ? "online" : "failed"; });
  text("StateReason", [this] { return state_reason; });
  account_->registerProperty("Enabled").onInterface(kAccount).withGetter(
      [this] { return connect_error.empty(); });
  account_->registerProperty("Server").onInterface(kAccount).withGetter([this] {
    Values server;
    if (!certificate.empty()) server["certificate"] = certificate;
    return server;
  });
  account_->registerProperty("PendingContacts").onInterface(kAccount).withGetter([this] {
    return pending;
  });
  account_->registerMethod("Connect").onInterface(kAccount).implementedAs([this] {
    const std::lock_guard lock(mutex);
    log.push_back("connect");
    if (!connect_error.empty()) throw sdbus::Error(connect_error, connect_message);
  });
  account_->registerMethod("SetPassword")
      .onInterface(kAccount)
      .withInputParamNames("fd", "options")
      .withOutputParamNames("stored_in")
      .implementedAs([this](const sdbus::UnixFd& fd, const Values& options) -> std::string {
        const std::lock_guard lock(mutex);
        const auto store = options.at("store").get<std::string>();
        log.push_back("password " + content_of(fd.get()) + " " + store);
        return store == "session" ? "session" : "file";
      });
  account_->registerMethod("ListContacts")
      .onInterface(kAccount)
      .withInputParamNames("filter")
      .withOutputParamNames("contacts")
      .implementedAs([this](const Values&) { return contacts; });
  account_->registerMethod("AddContact")
      .onInterface(kAccount)
      .withInputParamNames("jid", "options")
      .implementedAs([this](const std::string& jid, const Values&) {
        const std::lock_guard lock(mutex);
        log.push_back("AddContact " + jid);
      });
  for (const char* name : {"ApproveContact", "DenyContact", "RemoveContact"}) {
    account_->registerMethod(name).onInterface(kAccount).withInputParamNames("jid").implementedAs(
        [this, name](const std::string& jid) {
          const std::lock_guard lock(mutex);
          log.push_back(std::string(name) + " " + jid);
        });
  }
  account_->finishRegistration();
}
