// SPDX-License-Identifier: MIT
#include "password.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "failure.h"

namespace xmppftctl {
namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void on_signal(int number) { caught = number; }

/// What ends or stops a program at a prompt. Held back but while the prompt waits for a key, so
/// that none comes between looking and waiting; then noted, for the terminal must have its echo
/// back first.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int number : kNumbers) ::sigaddset(&held, number);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
    struct sigaction note {};
    note.sa_handler = on_signal;
    ::sigemptyset(&note.sa_mask);
    caught = 0;
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
      ::sigaction(kNumbers[i], nullptr, &actions_[i]);
      if (actions_[i].sa_handler != SIG_IGN) ::sigaction(kNumbers[i], &note, nullptr);
    }
  }
  ~SignalsHeld() {
    for (std::size_t i = 0; i < kNumbers.size(); ++i)
      ::sigaction(kNumbers[i], &actions_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;

  const sigset_t& while_waiting() const { return before_; }

 private:
  static constexpr std::array kNumbers = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  std::array<struct sigaction, kNumbers.size()> actions_{};
  sigset_t before_{};
};

/// Echo off on a terminal, and back on at the end.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    if (!changed_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  ~EchoOff() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (::write(fd_, "\n", 1) < 0) return;  // the user's Enter was not echoed
  }
  EchoOff(const EchoOff&) = delete;

 private:
  int fd_;
  termios before_{};
  bool changed_;
};

}  // namespace

Password::Password(Password&& other) noexcept : bytes_(other.bytes_), size_(other.size_) {
  ::explicit_bzero(other.bytes_.data(), other.bytes_.size());
  other.size_ = 0;
}

Password::~Password() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

int Password::ask_once(int tty, const std::string& prompt) {
  const SignalsHeld signals;
  const EchoOff echo_off(tty);
  if (::write(tty, prompt.data(), prompt.size()) < 0) return 0;
  char c = 0;
  while (size_ <= kMax) {
    pollfd key{tty, POLLIN, 0};
    const int ready = ::ppoll(&key, 1, nullptr, &signals.while_waiting());
    if (caught != 0) break;
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || ::read(tty, &c, 1) != 1 || c == '\n') break;
    bytes_[size_++] = c;
  }
  ::explicit_bzero(&c, 1);
  return caught;
}

Password Password::ask(const std::string& prompt) {
  const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (tty < 0) {
    throw usage("no terminal to ask for the password on",
                "use --password-stdin or --password-fd N");
  }
  Password out;
  while (const int number = out.ask_once(tty, prompt)) {
    ::raise(number);  // ends us, or stops us until `fg`; then all is asked anew
    ::explicit_bzero(out.bytes_.data(), out.bytes_.size());
    out.size_ = 0;
  }
  ::close(tty);
  if (out.size_ == 0) throw usage("no password was given");
  if (out.size_ > kMax) throw usage("a password has at most 1023 bytes");
  return out;
}

Password Password::read(int fd) {
  Password out;
  while (out.size_ < out.bytes_.size()) {
    const ssize_t got = ::read(fd, out.bytes_.data() + out.size_, out.bytes_.size() - out.size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw usage("cannot read the password: " + std::string(std::strerror(errno)));
    if (got == 0) break;
    out.size_ += static_cast<std::size_t>(got);
  }
  if (out.size_ > 0 && out.bytes_[out.size_ - 1] == '\n') --out.size_;
  if (out.size_ == 0) throw usage("the password is empty");
  if (out.size_ > kMax) throw usage("a password has at most 1023 bytes");
  return out;
}

int Password::as_fd() const {
  const int fd = ::memfd_create("password", MFD_CLOEXEC);
  const bool good = fd >= 0 && ::write(fd, bytes_.data(), size_) == static_cast<ssize_t>(size_);
  if (!good) {
    const int why = errno;
    if (fd >= 0) ::close(fd);
    throw Failure{"org.freedesktop.DBus.Error.Failed",
                  "memfd_create: " + std::string(std::strerror(why)), ""};
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

}  // namespace xmppftctl
