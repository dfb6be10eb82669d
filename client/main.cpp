// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <iostream>

#include "command.h"
#include "errors.h"
#include "password.h"

namespace {

using namespace xmppftctl;

/// Ctrl-C ends this program, never the jobs.
extern "C" void on_interrupt(int) {
  restore_terminal();
  static constexpr char kText[] = "\nxmppftctl: interrupted; jobs go on\n";
  if (::write(STDERR_FILENO, kText, sizeof kText - 1) < 0) ::_exit(kInterrupted);
  ::_exit(kInterrupted);
}

int run(std::vector<std::string> words, Context& context) {
  Globals globals;
  bool help = false, version = false;
  Options front("xmppftctl", "", "", "");
  add_globals(front, globals);
  front.help_flag(help);
  front.flag("--version", version, "");
  try {
    words = front.parse_front(words);
  } catch (const Failure&) {
    context.apply(globals);  // the failure is told in the form that was asked for
    throw;
  }
  context.apply(globals);
  if (version) {
    std::cout << "xmppftctl " XMPPFT_VERSION "\n";
    return kOk;
  }
  if (help || words.empty()) {
    (help ? std::cout : std::cerr) << overview();
    return help ? kOk : kUsage;
  }
  const Command& command = find_command(words);
  Call call(command, context, globals, std::move(words));
  return command.run(call);
}

}  // namespace

int main(int argc, char** argv) {
  // Widths and UTF-8 work the same in every locale; times are the user's.
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) std::setlocale(LC_CTYPE, "");
  std::signal(SIGINT, on_interrupt);

  Context context;
  try {
    try {
      const int exit = run({argv + 1, argv + argc}, context);
      std::cout.flush();
      return exit;
    } catch (const HelpShown&) {
      return kOk;
    } catch (const sdbus::Error& e) {
      throw to_failure(e);
    } catch (const std::bad_alloc&) {
      throw Failure{"org.freedesktop.DBus.Error.NoMemory", "out of memory", ""};
    } catch (const std::exception& e) {
      throw Failure{"org.freedesktop.DBus.Error.Failed", e.what(), ""};
    }
  } catch (const Failure& failure) {
    context.out.report(failure);
    return exit_code(failure.name);
  }
}
