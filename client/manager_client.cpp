// SPDX-License-Identifier: MIT
#include "manager_client.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace xmppftctl {
namespace {

constexpr const char* kDriver = "org.freedesktop.DBus";
constexpr std::size_t kPage = 1000;  // ListJobs takes no more

Failure no_bus(const sdbus::Error& why) {
  const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
  const std::string where = address && *address
                                ? "$DBUS_SESSION_BUS_ADDRESS is " + std::string(address)
                                : "$DBUS_SESSION_BUS_ADDRESS is not set, and there is no bus in "
                                  "$XDG_RUNTIME_DIR or /run/user/" +
                                      std::to_string(::geteuid());
  return {std::string(error::kNoBus), "no session bus (" + where + "): " + why.getMessage(),
          ::access("/run/systemd/system", F_OK) == 0
              ? "loginctl enable-linger keeps your bus there without a login; if xmppftd runs on "
                "another one, set DBUS_SESSION_BUS_ADDRESS to that"
              : ""};
}

/// The bus could not start the daemon. Its exit code, where the bus tells it, says what would help.
std::string remedy_for_start(const sdbus::Error& why) {
  const auto ended_with = [&](const char* code) {
    return why.getMessage().ends_with("status " + std::string(code));
  };
  if (ended_with("73"))
    return "yours runs on another bus: set DBUS_SESSION_BUS_ADDRESS to that one, or stop it";
  if (ended_with("78")) return "xmppftd --check says what is wrong with its configuration";
  return {};
}

}  // namespace

Failure to_failure(const sdbus::Error& e) { return {e.getName(), e.getMessage(), ""}; }

Bus::Bus(bool autostart, std::chrono::microseconds patience) {
  try {
    connection_ = sdbus::createSessionBusConnection();
    connection_->setMethodCallTimeout(patience);
    driver_ = sdbus::createProxy(*connection_, kDriver, "/org/freedesktop/DBus");
    driver_->uponSignal("NameOwnerChanged")
        .onInterface(kDriver)
        .call([this](const std::string& name, const std::string& before, const std::string& after) {
          if (name == kBusName && !before.empty() && after.empty()) gone_ = true;
        });
    driver_->finishRegistration();
  } catch (const sdbus::Error& e) {
    throw no_bus(e);
  }
  bool there = false;
  driver_->callMethod("NameHasOwner")
      .onInterface(kDriver)
      .withArguments(std::string(kBusName))
      .storeResultsTo(there);
  if (there) return;
  if (!autostart)
    throw Failure{std::string(error::kNoDaemon),
                  "xmppftd is not running, and --no-autostart was given", ""};
  try {
    std::uint32_t started = 0;
    driver_->callMethod("StartServiceByName")
        .onInterface(kDriver)
        .withArguments(std::string(kBusName), std::uint32_t{0})
        .storeResultsTo(started);
  } catch (const sdbus::Error& e) {
    throw Failure{e.getName(), "xmppftd is not running and could not be started: " + e.getMessage(),
                  remedy_for_start(e)};
  }
}

void Bus::process(std::chrono::milliseconds wait) {
  bool any = false;
  while (connection_->processPendingRequest()) any = true;
  if (any) return;
  const auto data = connection_->getEventLoopPollData();
  const int due = data.getPollTimeout();
  int timeout = static_cast<int>(wait.count());
  if (due >= 0) timeout = std::min(timeout, due);
  pollfd fds[] = {{data.fd, data.events, 0}, {reader_, 0, 0}};
  if (::poll(fds, 2, timeout) < 0) return;             // EINTR: the caller's loop comes back
  reader_gone_ = reader_gone_ || fds[1].revents != 0;  // errors and hang-ups are told unasked
  while (connection_->processPendingRequest()) {
  }
}

ManagerClient::ManagerClient(Bus& bus) : ProxyInterfaces(bus.connection(), kBusName, kRootPath) {
  registerProxy();
}

ManagerClient::~ManagerClient() { unregisterProxy(); }

void ManagerClient::wait_async(const std::vector<std::uint64_t>& ids, const std::string& until,
                               std::function<void(const sdbus::Error*, const WaitResults&)> done) {
  getProxy()
      .callMethodAsync("WaitJobs")
      .onInterface(org::xmppft::Manager1_proxy::INTERFACE_NAME)
      .withTimeout(UINT64_MAX)
      .withArguments(ids, until, std::uint64_t{0})
      .uponReplyInvoke([done = std::move(done)](const sdbus::Error* e, const WaitResults& results) {
        done(e, results);
      });
}

std::vector<Job> ManagerClient::list(const Values& filter, const std::vector<std::string>& fields,
                                     std::size_t rows, std::string* next) {
  std::vector<Job> out;
  std::string cursor = next ? *next : "";
  do {
    const auto limit = static_cast<std::uint32_t>(std::min(rows - out.size(), kPage));
    const auto [page, after, generation] = ListJobs(filter, fields, cursor, limit);
    for (const auto& row : page) out.push_back(job_from(row.get<0>(), row.get<1>()));
    cursor = after;
  } while (!cursor.empty() && out.size() < rows);
  if (next) *next = cursor;
  return out;
}

std::vector<Job> ManagerClient::list_ids(const std::vector<std::uint64_t>& ids,
                                         const std::vector<std::string>& fields) {
  std::unordered_map<std::uint64_t, Job> found;
  for (std::size_t at = 0; at < ids.size(); at += kPage) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::uint64_t> part(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(kPage, ids.size() - at)));
    for (auto& job : list({{"ids", part}}, fields, kPage)) found.emplace(job.id, std::move(job));
  }
  std::vector<Job> out;
  for (const auto id : ids) {
    if (const auto at = found.find(id); at != found.end()) out.push_back(at->second);
  }
  return out;
}

void ManagerClient::onJobsChanged(const std::uint64_t&, const Changes& changed) {
  if (on_jobs_changed) on_jobs_changed(changed);
}

AccountClient::AccountClient(Bus& bus, const std::string& path)
    : ProxyInterfaces(bus.connection(), kBusName, path) {
  registerProxy();
}

AccountClient::~AccountClient() { unregisterProxy(); }

void AccountClient::connect_within(std::chrono::microseconds patience) {
  getProxy()
      .callMethod("Connect")
      .onInterface(org::xmppft::Account1_proxy::INTERFACE_NAME)
      .withTimeout(patience);
}

JobClient::JobClient(Bus& bus, const std::string& path)
    : ProxyInterfaces(bus.connection(), kBusName, path) {
  registerProxy();
}

JobClient::~JobClient() { unregisterProxy(); }

}  // namespace xmppftctl
