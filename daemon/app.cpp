// SPDX-License-Identifier: MIT
#include "app.h"

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "account/account_set.h"
#include "base/log.h"
#include "bus/service.h"
#include "data/data_plane.h"
#include "service_settings.h"
#include "sqlite/journal.h"
#include "sqlite/state_lock.h"
#include "strophe/expat_seam.h"
#include "strophe/xmpp_thread.h"
#include "transfer/burst_trim.h"
#include "transfer/queue.h"
#include "transport/s5b_listener.h"
#include "uv/background.h"
#include "uv/host_watch.h"
#include "uv/loop.h"
#include "uv/network.h"
#include "uv/signals.h"

namespace xmppftd {
namespace {

constexpr std::string_view kApp = "app";

// Of a file system that hangs, when we are to end.
constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::chrono::milliseconds kLastMoment{4500};

}  // namespace

/// Members stand in the order of their life: each uses only those above it, and dies before them.
struct App::Parts {
  Parts(Settings s, SocketSettings n, StateLock l)
      : settings(std::move(s)),
        sockets(std::move(n)),
        lock(std::move(l)),
        store(settings.paths.folder) {}

  /// Rules set over D-Bus; the file is written off the loop.
  void keep_rules(const std::vector<AcceptRule>& rules) {
    background.run(
        [paths = settings.paths, rules] {
          if (auto saved = save_accept_rules(paths, rules); !saved)
            log::error(kApp, saved.error().detail);
        },
        [] {});
  }

  Result<void> build();
  void end(ExitCode code) {
    exit_code = code;
    // Against what no thread of ours can help, such as a home folder on a server that is gone.
    std::thread([code] {
      std::this_thread::sleep_for(kLastMoment);
      log::error(kApp, "some file system does not answer: exiting without it");
      std::_Exit(static_cast<int>(code));
    }).detach();
    loop.stop();
  }
  /// Everything that uses the file threads, then these, then what is still to be written.
  void shut_down() {
    signals.reset();
    bus.reset();
    queue.reset();
    accounts.reset();
    journal->loss_was_told();  // for a whole run, by Manager1.Problems
    if (data.end(kPatience)) return;
    log::warning(kApp, "some file system does not answer: exiting without it");
    journal.reset();
    std::_Exit(static_cast<int>(exit_code));
  }

  Settings settings;
  SocketSettings sockets;
  StateLock lock;
  ExitCode exit_code = ExitCode::Ok;
  std::shared_ptr<void> bus_connection;  // outlives all that may still owe a reply on it
  Loop loop;
  BackgroundThread background{loop};
  UvNetwork network{loop};
  AccountStore store;
  S5bListener listener{network, loop, sockets.s5b.listen};
  std::unique_ptr<Journal> journal;
  DataPlane data{loop, {.receive_mode = {settings.config.receive.mode, settings.umask}}};
  XmppThread xmpp{loop, loop};
  std::unique_ptr<AccountSet> accounts = std::make_unique<AccountSet>();
  HostWatch host{loop, [this] {
                   if (accounts) accounts->network_changed();
                 }};
  BurstTrim trim{loop};
  std::unique_ptr<TransferQueue> queue;
  std::unique_ptr<BusService> bus;
  std::unique_ptr<Signals> signals;
};

Result<void> App::Parts::build() {
  auto opened = Journal::open(settings.state_folder, loop);
  if (!opened) return opened.error();
  journal = std::move(opened->first);
  for (const auto& warning : opened->second.warnings) log::warning(kApp, warning);

  queue = std::make_unique<TransferQueue>(
      QueueWorld{*accounts, *journal, data.files(), data.bulk(), loop},
      queue_config(settings.config));
  queue->add_observer(trim);
  if (auto folders = queue->check_folders(settings.config.auto_accept); !folders)
    log::warning(kApp, "auto_accept: " + folders.error().detail);
  if (auto set = queue->set_rules(settings.config.auto_accept); !set)
    return Error{Errc::Config, "config: error: auto_accept: " + set.error().detail};

  auto service = BusService::start(
      {loop, *queue, *accounts, background,
       [this](const std::vector<AcceptRule>& rules) { keep_rules(rules); },
       [this] { end(ExitCode::BusLost); }, settings.config.limits.progress_interval});
  if (!service) return service.error();
  bus = std::move(*service);
  bus_connection = bus->connection();

  accounts->start({xmpp, loop, network, data.bulk(), background, listener, sockets.addresses,
                   sockets.s5b, store, settings.config, *queue},
                  std::move(settings.accounts));
  queue->start(std::move(opened->second));
  signals = std::make_unique<Signals>(
      loop, Signals::Handlers{
                [this] { end(ExitCode::Ok); },
                [] {
                  log::info(kApp, "SIGHUP: settings are read at start only; restart to apply them");
                }});
  return {};
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
App::~App() = default;

Result<std::unique_ptr<App>> App::start(Settings settings) {
  if (auto seam = expat_seam_self_test(); !seam) return seam.error();
  auto sockets = socket_settings(settings.config);
  if (!sockets) return sockets.error();
  auto lock = StateLock::take(settings.state_folder);
  if (!lock) return lock.error();
  auto parts = std::make_unique<Parts>(std::move(settings), std::move(*sockets), std::move(*lock));
  if (auto built = parts->build(); !built) return built.error();
  log::info(kApp, "xmppftd " XMPPFT_VERSION " is ready");
  return std::unique_ptr<App>(new App(std::move(parts)));
}

ExitCode App::run() {
  parts_->loop.run();
  log::info(kApp, "ending");
  parts_->shut_down();
  return parts_->exit_code;
}

}  // namespace xmppftd
