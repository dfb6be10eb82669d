// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "app.h"
#include "base/heap.h"
#include "base/log.h"
#include "config/user_folders.h"
#include "service_settings.h"
#include "session_bus.h"

namespace xmppftd {
namespace {

constexpr const char* kUsage =
    "Usage: xmppftd [OPTION]\n"
    "Holds XMPP sessions and moves files; driven over D-Bus, see xmppftctl --help.\n"
    "\n"
    "  -c, --config FILE   read FILE in place of the user's config.jsonc\n"
    "      --check         read the configuration, tell what is wrong with it, and end\n"
    "  -h, --help          show this and end\n"
    "      --version       show the version and end\n"
    "\n"
    "Ends with 0 when asked to, 2 on bad usage, 73 when another xmppftd runs, 75 when the bus went "
    "away,\n"
    "78 when the configuration is wrong, or what is no file of ours stands in the state folder.\n";

struct Arguments {
  std::string config;
  bool check = false;
  mode_t umask = 0077;
};

int code(ExitCode exit) { return static_cast<int>(exit); }

/// A standard descriptor that is closed would become that of the next file, which is the lock, and
/// take the log.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) _exit(code(ExitCode::Failed));
}

/// Nothing of ours is for other users, and no core file may hold a password. The umask that was,
/// for received files.
mode_t harden_process() {
  std::signal(SIGPIPE, SIG_IGN);  // libstrophe writes without MSG_NOSIGNAL
  const mode_t users = umask(0077);
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  setenv("UV_THREADPOOL_SIZE", "4", 0);  // before the first call into libuv
  return users;
}

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case Errc::Config:
    case Errc::BadArgument:
    case Errc::BadJid:
    case Errc::UnsafeFolder:
    case Errc::Unreadable:
    case Errc::NotRegularFile: return ExitCode::Config;
    case Errc::Exists: return ExitCode::AnotherInstance;
    case Errc::Network: return ExitCode::BusLost;
    default: return ExitCode::Failed;
  }
}

/// One line a mistake; those of the configuration carry file and place already.
int refuse(const Error& error) {
  const bool placed =
      error.code == Errc::Config && error.detail.find(": error: ") != std::string::npos;
  std::fprintf(stderr, "%s%s\n", placed ? "" : "xmppftd: error: ", error.detail.c_str());
  return code(exit_code_of(error));
}

int run(const Arguments& arguments) {
  App::Settings settings;
  auto paths = ConfigPaths::from_environment(arguments.config);
  if (!paths) return refuse(paths.error());
  auto state = user_folder("XDG_STATE_HOME", "/.local/state");
  if (!state) return refuse(state.error());
  settings.paths = std::move(*paths);
  settings.state_folder = *state + "/xmppft";
  auto loaded = load_config(settings.paths, word_checks());
  if (!loaded) return refuse(loaded.error());
  auto accounts = AccountStore(settings.paths.folder).load();
  if (!accounts) return refuse(accounts.error());
  if (arguments.check) return code(ExitCode::Ok);

  settings.config = std::move(*loaded);
  settings.accounts = std::move(*accounts);
  settings.umask = arguments.umask;
  log::set_level(settings.config.log.level);
  auto app = App::start(std::move(settings));
  if (!app) return refuse(app.error());
  return code((*app)->run());
}

}  // namespace
}  // namespace xmppftd

int main(int argc, char** argv) {
  using namespace xmppftd;
  fill_standard_descriptors();
  const option options[] = {{"config", required_argument, nullptr, 'c'},
                            {"check", no_argument, nullptr, 'k'},
                            {"help", no_argument, nullptr, 'h'},
                            {"version", no_argument, nullptr, 'v'},
                            {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (int c = 0; (c = getopt_long(argc, argv, "c:h", options, nullptr)) != -1;) {
    switch (c) {
      case 'c': arguments.config = optarg; break;
      case 'k': arguments.check = true; break;
      case 'h': std::fputs(kUsage, stdout); return code(ExitCode::Ok);
      case 'v': std::puts("xmppftd " XMPPFT_VERSION); return code(ExitCode::Ok);
      default: std::fputs("Try 'xmppftd --help'.\n", stderr); return code(ExitCode::Usage);
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "xmppftd: error: \"%s\" is not an option\nTry 'xmppftd --help'.\n",
                 argv[optind]);
    return code(ExitCode::Usage);
  }
  arguments.umask = harden_process();
  bound_heap();
  xmppft::find_session_bus();
  return run(arguments);
}
