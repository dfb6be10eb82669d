// SPDX-License-Identifier: MIT
#include "program.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace {

int file_of(const std::string& content) {
  const int fd = ::memfd_create("stdio", MFD_CLOEXEC);
  if (::write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    std::abort();
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

std::string written_to(int fd) {
  std::string content(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  if (::pread(fd, content.data(), content.size(), 0) < 0) std::abort();
  return content;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::string& input)
    : out_(file_of("")), err_(file_of("")) {
  const char* path = std::getenv("XMPPFTCTL");
  if (!path) throw std::runtime_error("XMPPFTCTL is not set");
  std::vector<char*> argv = {const_cast<char*>(path)};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int in = file_of(input);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out_, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err_, 2);
  const int failed = ::posix_spawn(&pid_, path, &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in);
  if (failed != 0) throw std::runtime_error(std::string("cannot run ") + path);
}

Program::~Program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

void Program::signal(int number) { ::kill(pid_, number); }

Ran Program::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), written_to(out_),
          written_to(err_)};
}
