// SPDX-License-Identifier: MIT
#include "session_bus.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

namespace session_bus_test {

namespace fs = std::filesystem;

namespace {

/// A folder with folders of users, and the environment as it was put back at the end.
struct Machine {
  Machine() {
    std::string name = (fs::temp_directory_path() / "bus-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
    fs::create_directories(run_user());
    keep("DBUS_SESSION_BUS_ADDRESS");
    keep("XDG_RUNTIME_DIR");
  }
  ~Machine() {
    for (const auto& [name, value] : before)
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    fs::remove_all(path);
  }
  std::string run_user() const { return path + "/" + std::to_string(::geteuid()); }
  void keep(const char* name) {
    const char* value = std::getenv(name);
    before.emplace_back(name, value ? std::optional<std::string>(value) : std::nullopt);
    ::unsetenv(name);
  }
  /// Makes a socket called bus.
  static void bus_in(const std::string& folder) {
    fs::create_directories(folder);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder + "/bus").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(fd);
  }
  std::string found() const {
    xmppft::find_session_bus(path);
    const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
    return address ? address : "";
  }
  std::string path;
  std::vector<std::pair<std::string, std::optional<std::string>>> before;
};

}  // namespace

TEST_CASE("session bus: what is set stays", "[client]") {
  Machine machine;
  Machine::bus_in(machine.run_user());
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "tcp:host=h", 1);
  CHECK(machine.found() == "tcp:host=h");
}

TEST_CASE("session bus: the runtime folder comes before /run/user/UID", "[client]") {
  Machine machine;
  Machine::bus_in(machine.run_user());
  Machine::bus_in(machine.path + "/own dir");
  ::setenv("XDG_RUNTIME_DIR", (machine.path + "/own dir").c_str(), 1);
  CHECK(machine.found() == "unix:path=" + machine.path + "/own%20dir/bus");
}

TEST_CASE("session bus: /run/user/UID where nothing useful is set", "[client]") {
  Machine machine;
  Machine::bus_in(machine.run_user());
  if (const char* runtime = GENERATE("", "relative", "/nowhere"))
    ::setenv("XDG_RUNTIME_DIR", runtime, 1);
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "", 1);
  CHECK(machine.found() == "unix:path=" + machine.run_user() + "/bus");
}

TEST_CASE("session bus: what is no socket is none", "[client]") {
  Machine machine;
  CHECK(machine.found() == "");
  std::ofstream(machine.run_user() + "/bus") << "x";
  CHECK(machine.found() == "");
}

}  // namespace session_bus_test
