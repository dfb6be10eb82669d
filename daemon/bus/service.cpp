// SPDX-License-Identifier: MIT
#include "bus/service.h"

#include <sdbus-c++/sdbus-c++.h>

#include "bus/bus_poll.h"
#include "bus/names.h"
#include "bus/object_tree.h"

namespace xmppftd {

/// Order of life: the connection first, objects on it, its place on the loop last; death the other
/// way round.
struct BusService::Parts {
  Parts(World& world, std::unique_ptr<sdbus::IConnection> bus)
      : connection(std::move(bus)),
        objects(*connection, {world.queue, world.accounts, world.background, world.loop,
                              std::move(world.save_rules), world.progress_interval}) {}

  std::shared_ptr<sdbus::IConnection> connection;
  ObjectTree objects;
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
    auto parts = std::make_unique<Parts>(world, std::move(connection));
    parts->connection->requestName(kBusName);
    parts->poll =
        std::make_unique<BusPoll>(world.loop, *parts->connection, std::move(world.on_lost));
    return std::unique_ptr<BusService>(new BusService(std::move(parts)));
  } catch (const sdbus::Error& problem) {
    return Error{Errc::Exists, std::string("cannot take the bus name ") + kBusName + ": " +
                                   problem.getMessage() + "; another xmppftd runs on this bus"};
  }
}

}  // namespace xmppftd
