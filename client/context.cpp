// SPDX-License-Identifier: MIT
#include "context.h"

#include <unistd.h>

#include <cstdlib>

#include "parse.h"

namespace xmppftctl {
namespace {

constexpr std::chrono::seconds kPatience{60};  // for calls that wait for the daemon's disk

}  // namespace

void Context::apply_form(const Globals& globals) {
  if (globals.json) out.form = Output::Form::Json;
  if (globals.plain) out.form = Output::Form::Plain;
  out.quiet = globals.quiet;
  out.verbose = globals.verbose;
}

void Context::apply(const Globals& globals) {
  apply_form(globals);  // first, so that what is wrong with the rest is told in it
  if (globals.json && globals.plain) throw usage("--json and --plain exclude each other");
  const auto color = parse_word("--color", globals.color, {"auto", "always", "never"});
  const char* no_color = std::getenv("NO_COLOR");
  out.color = color == "always" ||
              (color == "auto" && !(no_color && *no_color) && ::isatty(STDERR_FILENO) == 1);
  if (!globals.timeout.empty()) timeout = parse_duration("--timeout", globals.timeout);
  account = globals.account;
  autostart_ = !globals.no_autostart;
}

Bus& Context::bus() {
  if (!bus_) bus_ = std::make_unique<Bus>(autostart_, timeout.value_or(kPatience));
  return *bus_;
}

ManagerClient& Context::manager() {
  if (!manager_) manager_ = std::make_unique<ManagerClient>(bus());
  return *manager_;
}

}  // namespace xmppftctl
