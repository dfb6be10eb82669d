// SPDX-License-Identifier: MIT
#include "command.h"

#include <catch2/catch.hpp>
#include <set>

namespace command_test {

using namespace xmppftctl;

namespace {

std::string found(std::vector<std::string> words, std::vector<std::string>* rest = nullptr) {
  const auto& command = find_command(words);
  if (rest) *rest = words;
  return std::string(command.name);
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    return "found " + found(words);
  } catch (const Failure& failure) {
    return failure.message;
  }
}

}  // namespace

TEST_CASE("commands are found by one or two words", "[command]") {
  std::vector<std::string> rest;
  CHECK(found({"queue", "add", "x", "--to", "y"}, &rest) == "queue add");
  CHECK(rest == std::vector<std::string>{"x", "--to", "y"});
  CHECK(found({"send", "add"}, &rest) == "send");
  CHECK(rest == std::vector<std::string>{"add"});
  CHECK(found({"contacts", "bob"}, &rest) == "contacts");
  CHECK(rest == std::vector<std::string>{"bob"});
  CHECK(found({"contacts", "add", "bob@x"}) == "contacts add");
  CHECK(found({"queue", "--state", "done"}) == "queue");
}

TEST_CASE("an unknown command names the one that was meant", "[command]") {
  CHECK(refusal({"queue", "ad", "x"}) == "unknown command 'queue ad'; did you mean 'queue add'?");
  CHECK(refusal({"sned", "x"}) == "unknown command 'sned'; did you mean 'send'?");
  CHECK(refusal({"frob"}) == "unknown command 'frob'");
  CHECK(refusal({"policy"}) == "'policy' needs one of: add, list, remove");
  CHECK(refusal({"account", "--json"}) ==
        "'account' needs one of: add, list, show, set, passwd, connect, disconnect, remove");
}

TEST_CASE("every command has a name of its own and a summary", "[command]") {
  std::set<std::string_view> names;
  for (const auto& command : commands()) {
    CHECK(names.insert(command.name).second);
    CHECK_FALSE(command.summary.empty());
    const bool short_form = command.name == "contacts" || command.name == "queue";
    CHECK((short_form || overview().find("  " + std::string(command.name)) != std::string::npos));
  }
}

TEST_CASE("global options go before and after the command", "[command]") {
  Context context;
  std::vector<std::string> words = {"status"};
  const auto& command = find_command(words);
  Call call(command, context, {}, {"--json", "--timeout", "10m"});
  call.parse();
  CHECK(context.out.json());
  CHECK(context.timeout == std::chrono::minutes(10));
}

TEST_CASE("what is wrong with options is told in our words", "[command]") {
  const auto told = [](std::vector<std::string> arguments) -> std::string {
    Context context;
    std::vector<std::string> words = {"send"};
    Call call(find_command(words), context, {}, std::move(arguments));
    std::vector<std::string> files;
    std::string name;
    call.options.words(files);
    call.options.value("--name", name, "NAME", "name");
    try {
      call.parse();
    } catch (const Failure& failure) {
      return failure.message;
    }
    return "fine";
  };
  CHECK(told({"a", "-", "--name", "-x"}) == "fine");
  CHECK(told({"--nam", "x"}) == "unknown option '--nam'; did you mean '--name'?");
  CHECK(told({"x", "--name"}) == "--name needs a value");
  CHECK(told({"--json", "--plain"}) == "--json and --plain exclude each other");
  CHECK(told({"--timeout", "soon"}) == "--timeout 'soon': want a time such as 30s, 10m, 2h or 1d");
}

}  // namespace command_test
