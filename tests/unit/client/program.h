// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What a run of xmppftctl left behind.
struct Ran {
  int exit = -1;  ///< 128 + signal if one killed it
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// xmppftctl ($XMPPFTCTL) as a child process.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments, const std::string& input = "");
  ~Program();
  Program(const Program&) = delete;
  void signal(int number);
  Ran wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

/// Runs it to its end.
inline Ran run(const std::vector<std::string>& arguments, const std::string& input = "") {
  return Program(arguments, input).wait();
}
