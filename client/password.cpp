// SPDX-License-Identifier: MIT
#include "password.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "failure.h"

namespace xmppftctl {
namespace {

termios before_prompt;           // valid while prompt_fd is not -1
std::atomic<int> prompt_fd{-1};  // read by restore_terminal in a signal handler

/// Echo off on a terminal, and back on at the end.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    if (::tcgetattr(fd, &before_prompt) != 0) return;
    termios quiet = before_prompt;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    prompt_fd = fd;
    ::tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  ~EchoOff() {
    restore_terminal();
    prompt_fd = -1;
    if (::write(fd_, "\n", 1) < 0) return;  // the user's Enter was not echoed
  }
  EchoOff(const EchoOff&) = delete;

 private:
  int fd_;
};

}  // namespace

void restore_terminal() noexcept {
  if (const int fd = prompt_fd; fd >= 0) ::tcsetattr(fd, TCSAFLUSH, &before_prompt);
}

Password::Password(Password&& other) noexcept : bytes_(other.bytes_), size_(other.size_) {
  ::explicit_bzero(other.bytes_.data(), other.bytes_.size());
  other.size_ = 0;
}

Password::~Password() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

Password Password::ask(const std::string& prompt) {
  const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (tty < 0) {
    throw usage("no terminal to ask for the password on",
                "use --password-stdin or --password-fd N");
  }
  Password out;
  {
    const EchoOff echo_off(tty);
    if (::write(tty, prompt.data(), prompt.size()) < 0) out.size_ = 0;
    char c = 0;
    while (::read(tty, &c, 1) == 1 && c != '\n' && out.size_ <= kMax) out.bytes_[out.size_++] = c;
    ::explicit_bzero(&c, 1);
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
