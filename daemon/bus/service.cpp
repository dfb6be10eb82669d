// SPDX-License-Identifier: MIT
#include "bus/service.h"

#include <sdbus-c++/sdbus-c++.h>

#include <map>

#include "bus/account_object.h"
#include "bus/bus_poll.h"
#include "bus/job_objects.h"
#include "bus/manager_object.h"
#include "bus/names.h"
#include "bus/waits.h"

namespace xmppftd {

/// Order of life: the connection first, objects on it, its place on the loop last; death the other
/// way round.
struct BusService::Parts final : TransferQueue::Observer, Accounts::Observer {
  Parts(World w, std::unique_ptr<sdbus::IConnection> bus)
      : world(std::move(w)),
        connection(std::move(bus)),
        objects(*connection, world.queue, world.accounts, world.loop, world.progress_interval),
        waits(world.queue, world.loop),
        manager(*connection, {world.queue, world.accounts, objects, waits, world.loop,
                              world.save_rules, wall_now()}),
        daemon(sdbus::createProxy(*connection, "org.freedesktop.DBus", "/org/freedesktop/DBus")) {
    daemon->uponSignal("NameOwnerChanged")
        .onInterface("org.freedesktop.DBus")
        .call([this](const std::string& name, const std::string&, const std::string& new_owner) {
          if (!new_owner.empty()) return;
          objects.client_left(name);
          waits.client_left(name);
          manager.client_left(name);
        });
    daemon->finishRegistration();
    world.queue.add_observer(*this);
    world.accounts.add_observer(*this);
    for (auto* account : world.accounts.all()) on_account_added(*account);
  }

  ~Parts() {
    world.accounts.remove_observer(*this);
    world.queue.remove_observer(*this);
  }

  // TransferQueue::Observer
  void on_job_changed(const JobView& job) override {
    objects.changed(job);
    waits.job_changed(job.record.id);
    manager.job_changed(job.record.id, to_string(job.record.state));
  }
  void on_job_removed(JobId id) override {
    objects.removed(id);
    waits.job_changed(id);
    manager.job_changed(id, "removed");
  }
  void on_degraded_changed(bool) override {
    manager.tell_changed("Degraded"), manager.tell_changed("Problems");
  }

  // Accounts::Observer
  void on_account_added(Account& account) override {
    auto& object = accounts[account.id()];
    object = std::make_unique<AccountObject>(*connection, account, world.background);
    object->announce();
  }
  void on_account_changed(Account& account) override {
    if (const auto found = accounts.find(account.id()); found != accounts.end())
      found->second->tell_changed();
  }
  void on_account_removed(Account& account) override {
    const auto found = accounts.find(account.id());
    if (found == accounts.end()) return;
    found->second->withdraw();
    accounts.erase(found);
  }

  World world;
  std::shared_ptr<sdbus::IConnection> connection;
  JobObjects objects;
  Waits waits;
  ManagerObject manager;
  std::map<AccountId, std::unique_ptr<AccountObject>> accounts;
  std::unique_ptr<sdbus::IProxy> daemon;
  std::unique_ptr<BusPoll> poll;
};

BusService::BusService(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BusService::~BusService() = default;
std::shared_ptr<void> BusService::connection() const { return parts_->connection; }

Result<std::unique_ptr<BusService>> BusService::start(World world) {
  std::unique_ptr<sdbus::IConnection> connection;
  try {
    connection = sdbus::createSessionBusConnection();
  } catch (const sdbus::Error& problem) {
    return Error{Errc::Network,
                 "no session bus: " + problem.getMessage() +
                     "; start one with dbus-run-session, or set DBUS_SESSION_BUS_ADDRESS"};
  }
  try {
    Loop& loop = world.loop;
    auto on_lost = world.on_lost;
    auto parts = std::make_unique<Parts>(std::move(world), std::move(connection));
    parts->connection->requestName(kBusName);
    parts->poll = std::make_unique<BusPoll>(loop, *parts->connection, std::move(on_lost));
    return std::unique_ptr<BusService>(new BusService(std::move(parts)));
  } catch (const sdbus::Error& problem) {
    return Error{Errc::Exists, std::string("cannot take the bus name ") + kBusName + ": " +
                                   problem.getMessage() + "; another xmppftd runs on this bus"};
  }
}

}  // namespace xmppftd
