// SPDX-License-Identifier: MIT
#include "bus/object_tree.h"

#include <utility>

#include "base/log.h"
#include "bus/names.h"

namespace xmppftd {
namespace {

constexpr const char* kBus = "org.freedesktop.DBus";

}  // namespace

ObjectTree::ObjectTree(sdbus::IConnection& connection, World world)
    : connection_(connection),
      world_(std::move(world)),
      jobs_(connection, world_.queue, world_.accounts, world_.timers, world_.progress_interval),
      waits_(world_.queue, world_.timers),
      manager_(connection, {world_.queue, world_.accounts, jobs_, waits_, world_.timers,
                            world_.save_rules, wall_now()}),
      bus_(sdbus::createProxy(connection, kBus, "/org/freedesktop/DBus")) {
  bus_->uponSignal("NameOwnerChanged")
      .onInterface(kBus)
      .call([this](const std::string& name, const std::string&, const std::string& new_owner) {
        if (new_owner.empty()) on_client_left(Caller{name});
      });
  bus_->finishRegistration();
  world_.queue.add_observer(*this);
  world_.accounts.add_observer(*this);
  for (auto* account : world_.accounts.all()) on_account_added(*account);
}

ObjectTree::~ObjectTree() {
  world_.accounts.remove_observer(*this);
  world_.queue.remove_observer(*this);
}

void ObjectTree::on_client_left(const Caller& client) {
  jobs_.client_left(client);
  waits_.client_left(client);
  manager_.client_left(client);
}

void ObjectTree::on_job_changed(const JobView& job) {
  jobs_.changed(job);
  waits_.job_changed(job.record.id);
  manager_.job_changed(job.record.id, to_string(job.record.state));
}

void ObjectTree::on_job_removed(JobId id) {
  jobs_.removed(id);
  waits_.job_changed(id);
  manager_.job_changed(id, "removed");
}

void ObjectTree::on_degraded_changed(bool) {
  manager_.tell_changed("Degraded");
  manager_.tell_changed("Problems");
}

void ObjectTree::on_account_added(Account& account) {
  try {
    auto object = std::make_unique<AccountObject>(connection_, account, world_.background);
    object->announce();
    accounts_[account.id()] = std::move(object);
  } catch (const sdbus::Error& problem) {
    // The account works without it.
    log::warning("bus", account_path(account.id()) + " cannot be shown: " + problem.getMessage());
  }
}

void ObjectTree::on_account_changed(Account& account) {
  if (const auto found = accounts_.find(account.id()); found != accounts_.end())
    found->second->tell_changed();
}

void ObjectTree::on_account_removed(Account& account) {
  const auto found = accounts_.find(account.id());
  if (found == accounts_.end()) return;
  found->second->withdraw();
  accounts_.erase(found);
}

}  // namespace xmppftd
