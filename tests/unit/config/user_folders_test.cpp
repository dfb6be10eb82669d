// SPDX-License-Identifier: MIT
#include "config/user_folders.h"

#include <pwd.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>

namespace user_folders_test {

using namespace xmppftd;

namespace {

/// A variable of the environment, as it was at the end.
class Variable {
 public:
  explicit Variable(const char* name) : name_(name) {
    if (const char* value = std::getenv(name)) before_ = value;
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  void set(const char* value) { value == nullptr ? unsetenv(name_) : setenv(name_, value, 1); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("home: $HOME where it is a folder, else the password database's, never /", "[config]") {
  Variable home("HOME");
  home.set("/tmp");
  CHECK(home_folder().value() == "/tmp");
  home.set("/tmp//");
  CHECK(home_folder().value() == "/tmp");

  const passwd* user = getpwuid(geteuid());
  if (user == nullptr || user->pw_dir == std::string("/")) return;
  const std::string known = user->pw_dir;
  for (const char* value : {static_cast<const char*>(nullptr), "", "relative", "./x", "~", "/",
                            "//", "/nowhere/home", "/proc/self/exe"}) {
    CAPTURE(value == nullptr ? "not set" : value);
    home.set(value);
    const auto found = home_folder();
    if (access(known.c_str(), F_OK) == 0) {
      CHECK(found.value() == known);
    } else {
      CHECK(found.error().code == Errc::Config);
    }
  }
}

TEST_CASE("user folders: a relative XDG variable counts as not set", "[config]") {
  Variable home("HOME"), state("XDG_STATE_HOME");
  home.set("/tmp");
  state.set("/var/tmp/state/");
  CHECK(user_folder("XDG_STATE_HOME", "/.local/state").value() == "/var/tmp/state");
  for (const char* value :
       {static_cast<const char*>(nullptr), "", "state", "./state", "../state", "~/state", "/"}) {
    state.set(value);
    CHECK(user_folder("XDG_STATE_HOME", "/.local/state").value() == "/tmp/.local/state");
  }
}

}  // namespace user_folders_test
