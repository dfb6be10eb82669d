// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "bus/errors.h"
#include "bus/names.h"
#include "bus/object_tree.h"
#include "bus/options.h"
#include "unit/bus/played_accounts.h"
#include "unit/transfer/house.h"

namespace xmppftd::test {

/// What became of a method call.
struct Reaction {
  std::optional<sdbus::MethodReply> reply;
  std::string error;  ///< its name, "" for a reply
  std::string message;
  bool is_there() const { return reply || !error.empty(); }

  /// The next value of the reply.
  template <class T>
  T get() {
    REQUIRE(error + " " + message == " ");
    T value;
    *reply >> value;
    return value;
  }
};
using Pending = std::shared_ptr<Reaction>;

/// A program on the bus. What it does is seen by turns of its Stage.
class Client {
 public:
  explicit Client(std::string served)
      : served_(std::move(served)), connection_(sdbus::createSessionBusConnection()) {
    match_ = connection_->addMatch("type='signal',sender='" + served_ + "'",
                                   [this](sdbus::Message& signal) { hear(signal); });
    for (const char* type : {"method_return", "error"})
      replies_.push_back(connection_->addMatch("type='" + std::string(type) + "'",
                                               [this](sdbus::Message&) { ++replies_seen_; }));
  }

  std::string name() const { return connection_->getUniqueName(); }
  sdbus::IConnection& connection() { return *connection_; }

  /// "Manager1.GetJob" of the object there.
  template <class... Args>
  Pending send(const std::string& path, const std::string& method, const Args&... args) {
    const auto dot = method.find('.');
    return send_filled(path, "org.xmppft." + method.substr(0, dot), method.substr(dot + 1),
                       [&](sdbus::MethodCall& call) { ((call << args), ...); });
  }
  /// The same, with arguments that `fill` writes.
  Pending send_filled(const std::string& path, const std::string& interface,
                      const std::string& method,
                      const std::function<void(sdbus::MethodCall&)>& fill) {
    auto pending = std::make_shared<Reaction>();
    auto& proxy = proxy_of(path);
    auto call = proxy.createMethodCall(interface, method);
    fill(call);
    proxy.callMethod(
        call,
        [this, pending](sdbus::MethodReply& reply, const sdbus::Error* error) {
          ++answered_;
          if (error != nullptr) {
            pending->error = error->getName();
            pending->message = error->getMessage();
          } else {
            pending->reply = reply;
          }
        },
        60'000'000);
    return pending;
  }

  /// "JobsChanged", "PropertiesChanged /…/jobs/1 State,Error", "InterfacesAdded /…/jobs/1", ...
  std::vector<std::string> heard;
  std::vector<std::pair<std::string, std::string>> jobs_changed;  ///< id, word
  std::map<std::string, VariantMap> values;                       ///< told by path

  /// Replies that answered no call, or one that was answered before.
  int strays() const { return replies_seen_ - answered_; }
  bool has_heard(const std::string& what) const {
    return std::find(heard.begin(), heard.end(), what) != heard.end();
  }

 private:
  sdbus::IProxy& proxy_of(const std::string& path) {
    auto& proxy = proxies_[path];
    if (!proxy) {
      proxy = sdbus::createProxy(*connection_, served_, path);
      proxy->finishRegistration();
    }
    return *proxy;
  }
  void hear(sdbus::Message& signal) {
    const auto member = signal.getMemberName();
    const auto short_path = [](const std::string& path) {
      return path == kRootPath ? "/" : path.substr(std::string(kRootPath).size());
    };
    if (member == "JobsChanged") {
      std::uint64_t generation = 0;
      std::vector<sdbus::Struct<std::uint64_t, std::string>> rows;
      signal >> generation >> rows;
      for (const auto& row : rows)
        jobs_changed.emplace_back(std::to_string(std::get<0>(row)), std::get<1>(row));
      heard.push_back(member);
    } else if (member == "PropertiesChanged") {
      std::string interface;
      VariantMap changed;
      std::vector<std::string> gone;
      signal >> interface >> changed >> gone;
      auto& known = values[short_path(signal.getPath())];
      for (const auto& [name, value] : changed) {
        known[name] = value;
        heard.push_back("changed " + short_path(signal.getPath()) + " " + name);
      }
      for (const auto& name : gone)
        heard.push_back("invalidated " + short_path(signal.getPath()) + " " + name);
    } else if (member == "InterfacesAdded" || member == "InterfacesRemoved") {
      sdbus::ObjectPath path;
      signal >> path;
      heard.push_back((member == "InterfacesAdded" ? "added " : "removed ") + short_path(path));
    }
  }

  const std::string served_;
  std::unique_ptr<sdbus::IConnection> connection_;
  sdbus::Slot match_;
  std::vector<sdbus::Slot> replies_;
  int replies_seen_ = 0;
  int answered_ = 0;
  std::map<std::string, std::unique_ptr<sdbus::IProxy>> proxies_;
};

/// All objects of the daemon on a bus, over a real queue on a fake disk, accounts that the test
/// plays, and programs that call them. One thread: what is due happens in turn(), on both sides.
struct Stage {
  explicit Stage(Disk* kept = nullptr) : house(kept) {
    accounts.insert(kMe);
    tree = make_tree();
    for (const char* type : {"method_return", "error"})
      strays_.push_back(served->addMatch("type='" + std::string(type) + "'",
                                         [this](sdbus::Message&) { ++strays; }));
    house.start();
    ann = std::make_unique<Client>(served->getUniqueName());
    turn();
  }

  std::unique_ptr<ObjectTree> make_tree() {
    return std::make_unique<ObjectTree>(
        *served,
        ObjectTree::World{*house.queue, accounts, background, house.timers,
                          [this](const std::vector<AcceptRule>& rules) { saved.push_back(rules); },
                          std::chrono::milliseconds(500)});
  }
  std::unique_ptr<Client> another() {
    auto client = std::make_unique<Client>(served->getUniqueName());
    others_.push_back(client.get());
    return client;
  }
  /// The program ends.
  void leave(std::unique_ptr<Client>& client) {
    std::erase(others_, client.get());
    client.reset();
    for (int i = 0; i < 20; ++i) turn(5);  // until the bus has told
  }

  /// All that can happen without time passing, after at most `wait_ms` for a message.
  void turn(int wait_ms = 0) {
    std::vector<sdbus::IConnection*> ends{served.get(), &ann->connection()};
    for (auto* client : others_) ends.push_back(&client->connection());
    bool any = true;
    while (any) {
      any = false;
      house.settle();
      for (auto* end : ends)
        while (end->processPendingRequest()) any = true;
      if (any || wait_ms == 0) continue;
      std::vector<pollfd> readable;
      for (auto* end : ends) {
        const auto wanted = end->getEventLoopPollData();
        readable.push_back({wanted.fd, wanted.events, 0});
      }
      any = ::poll(readable.data(), readable.size(), std::exchange(wait_ms, 0)) > 0;
    }
  }
  bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 500 && !reached(); ++i) turn(10);
    return reached();
  }
  void pass(std::chrono::milliseconds time) {
    turn(1);
    house.pass(time);
    turn(1);
  }

  /// The answer to a call of Ann's, which has to come without time passing.
  template <class... Args>
  Reaction call(const std::string& path, const std::string& method, const Args&... args) {
    return wait(ann->send(path, method, args...));
  }
  Reaction wait(const Pending& pending) {
    REQUIRE(until([&] { return pending->is_there(); }));
    return *pending;
  }
  template <class T>
  T property(const std::string& path, const std::string& interface, const std::string& name) {
    auto reaction =
        wait(ann->send_filled(path, "org.freedesktop.DBus.Properties", "Get",
                              [&](auto& call) { call << "org.xmppft." + interface << name; }));
    return reaction.template get<sdbus::Variant>().template get<T>();
  }
  /// The error that setting answers with, "" for none.
  std::string set_rules(const std::vector<VariantMap>& rules) {
    return wait(ann->send_filled(kRootPath, "org.freedesktop.DBus.Properties", "Set",
                                 [&](auto& call) {
                                   call << std::string(kManagerInterface)
                                        << std::string("AutoAccept") << sdbus::Variant(rules);
                                 }))
        .error;
  }
  /// Paths of all objects that the ObjectManager shows, below the root's.
  std::vector<std::string> objects() {
    std::map<sdbus::ObjectPath, std::map<std::string, VariantMap>> all;
    all = wait(ann->send_filled(kRootPath, "org.freedesktop.DBus.ObjectManager",
                                "GetManagedObjects", [](auto&) {}))
              .get<decltype(all)>();
    std::vector<std::string> paths;
    for (const auto& [path, interfaces] : all)
      paths.push_back(path.substr(std::string(kRootPath).size()));
    return paths;
  }

  /// Work is done at once, its answer comes on the next turn.
  struct NowBackground final : Background {
    explicit NowBackground(Turns& t) : turns(t) {}
    void run(Callback<void()> work, Callback<void()> then) override {
      work();
      turns.later(std::move(then));
    }
    Turns& turns;
  };

  std::unique_ptr<sdbus::IConnection> served = sdbus::createSessionBusConnection();
  House house;  // after `served`: replies that it still owes point there
  PlayedAccounts accounts{house.turns};
  NowBackground background{house.turns};
  std::vector<std::vector<AcceptRule>> saved;
  int strays = 0;  ///< errors that came back for a reply of ours: it was a second one
  std::unique_ptr<ObjectTree> tree;
  std::unique_ptr<Client> ann;

 private:
  std::vector<sdbus::Slot> strays_;
  std::vector<Client*> others_;
};

inline const std::string kError = "org.xmppft.Error.";
inline const std::string kAccount1 = std::string(kRootPath) + "/accounts/1";

inline sdbus::Variant text(const std::string& value) { return sdbus::Variant(value); }

}  // namespace xmppftd::test
