// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <iostream>

#include "command.h"
#include "errors.h"
#include "session_bus.h"

namespace {

using namespace xmppftctl;

/// Ctrl-C ends this program, never the jobs.
extern "C" void on_interrupt(int) {
  static constexpr char kText[] = "\nxmppftctl: interrupted; jobs go on\n";
  if (::write(STDERR_FILENO, kText, sizeof kText - 1) < 0) ::_exit(kInterrupted);
  ::_exit(kInterrupted);
}

/// A standard descriptor that is closed would become that of the next file or socket. What stands
/// in for it fails as a closed one does: nothing can be read from it, or written to it.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const int flags = fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY;
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", flags) != fd) ::_exit(kRefused);
  }
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
    context.apply_form(globals);  // the failure is told in the form that was asked for
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
  try {
    return command.run(call);
  } catch (const HelpShown&) {
    return kOk;
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  // Widths and UTF-8 work the same in every locale; times are the user's.
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) std::setlocale(LC_CTYPE, "");
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);  // a write that fails is told as an error
  watch_standard_output();
  xmppft::find_session_bus();

  Context context;
  int exit = kOk;
  try {
    try {
      exit = run({argv + 1, argv + argc}, context);
      finish_standard_output();
    } catch (const sdbus::Error& e) {
      throw to_failure(e);
    } catch (const std::bad_alloc&) {
      throw Failure{"org.freedesktop.DBus.Error.NoMemory", "out of memory", ""};
    } catch (const std::exception& e) {
      throw Failure{"org.freedesktop.DBus.Error.Failed", e.what(), ""};
    }
  } catch (const Failure& failure) {
    context.out.report(failure);
    if (exit == kOk) exit = exit_code(failure.name);
  }
  return exit;
}
