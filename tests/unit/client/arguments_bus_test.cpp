// SPDX-License-Identifier: MIT
// What holds for every command and every option, read from the help so that none is forgotten.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "fake_daemon.h"
#include "program.h"

namespace arguments_bus_test {

namespace {

using Words = std::vector<std::string>;

Words split(const std::string& text) {
  std::istringstream in(text);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Each command's words.
std::vector<Words> all_commands() {
  std::vector<Words> commands;
  std::istringstream help(run({"help"}).out);
  for (std::string line; std::getline(help, line) && line != "Global options:";) {
    if (!line.starts_with("  ")) continue;
    Words command;
    for (const auto& word : split(line.substr(2, line.find("  ", 2) - 2))) {
      if (!std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
        break;
      if (word == "options") break;
      command.push_back(word);
    }
    commands.push_back(command);
  }
  return commands;
}

struct Option {
  std::string name, value;
};

/// The options in a help text that take a value.
std::vector<Option> options_in(const std::string& help) {
  std::vector<Option> options;
  std::istringstream in(help);
  for (std::string line; std::getline(in, line);) {
    const auto words = split(line);
    if (words.size() < 2 || !line.starts_with("  ") || !words[0].starts_with("--")) continue;
    const bool takes = std::all_of(words[1].begin(), words[1].end(), [](unsigned char c) {
      return (c >= 'A' && c <= 'Z') ||
             std::string_view("0123456789[]:,/").find(static_cast<char>(c)) !=
                 std::string_view::npos ||
             c >= 0x80;
    });
    if (takes) options.push_back({words[0], words[1]});
  }
  return options;
}

struct Bad {
  const char* text;
  const char* why;
};
const std::vector<Bad> kBad = {{"a\xff", "byte 2 (0xFF) is not UTF-8"},
                               {"\x80", "byte 1 (0x80) is not UTF-8"},
                               {"\xc3", "byte 1 (0xC3) is not UTF-8"},
                               {"x\xe2\x82", "byte 2 (0xE2) is not UTF-8"},
                               {"\xc0\xaf", "byte 1 (0xC0) is not UTF-8"},
                               {"\xed\xa0\x80", "byte 1 (0xED) is not UTF-8"},
                               {"\xf4\x90\x80\x80", "byte 1 (0xF4) is not UTF-8"},
                               {"a\xef\xb7\x90", "U+FDD0 is a noncharacter"},
                               {"\xf0\x9f\xbf\xbe", "U+1FFFE is a noncharacter"}};

}  // namespace

TEST_CASE("help tells of every command, and of those that begin with a word", "[arguments]") {
  const auto commands = all_commands();
  REQUIRE(commands.size() >= 30);
  for (const auto& command : commands) {
    const auto asked = run(Words{"help"} + command);
    std::string name = "xmppftctl";
    for (const auto& word : command) name += " " + word;
    CAPTURE(name);
    CHECK(asked.exit == 0);
    CHECK(asked.err.empty());
    CHECK(asked.out.find("Usage: " + name) != std::string::npos);
    const auto option = run(command + Words{"--help"});
    CHECK(option.exit == 0);
    CHECK(option.out == asked.out);
  }
  for (const char* group : {"account", "contacts", "queue", "policy"}) {
    const auto asked = run({"help", group});
    CHECK(asked.exit == 0);
    CHECK(asked.out.find(std::string("  ") + group + " list") != std::string::npos);
  }
  CHECK(run({"account", "--help"}).out == run({"help", "account"}).out);
  CHECK(run({"help", "nonsense"}).exit == 2);
}

TEST_CASE("an option's value that is no text is refused by the option's name", "[arguments]") {
  const auto globals = options_in(run({"help"}).out);
  REQUIRE(globals.size() == 3);
  unsigned tried = 0;
  for (const auto& command : all_commands()) {
    auto options = options_in(run(Words{"help"} + command).out);
    options.insert(options.end(), globals.begin(), globals.end());
    for (const auto& [name, value] : options) {
      if (value == "FILE" || value == "PATH" || value == "FOLDER") continue;  // any bytes
      const auto& [text, why] = kBad[tried++ % kBad.size()];
      CAPTURE(command, name, value);
      const auto ran = run(command + Words{name, text});
      CHECK(ran.exit == 2);
      CHECK(ran.err.starts_with("xmppftctl: error: " + name + " '"));
      CHECK(ran.err.find(why) != std::string::npos);
      const bool global = std::any_of(globals.begin(), globals.end(),
                                      [&, n = name](const Option& o) { return o.name == n; });
      if (global) CHECK(run(Words{name + "=" + text} + command).exit == 2);
    }
  }
  CHECK(tried > 100);
}

TEST_CASE("each kind of text that is none is told", "[arguments]") {
  for (const auto& [text, why] : kBad) {
    CAPTURE(why);
    const auto ran = run({"contacts", "add", "bob@x", "--name", text});
    CHECK(ran.exit == 2);
    CHECK(ran.err.find(why) != std::string::npos);
    const auto json = run({"--json", "send", "f", "--to", "b@x", "--description", text});
    CHECK(json.json()["error"]["message"].get<std::string>().starts_with("--description '"));
  }
  FakeDaemon daemon;
  for (const char* good :
       {"\xef\xbf\xbd", "\xf0\x9f\x98\x80", "e\xcc\x81", "\xe2\x80\xae", "\x01", ""}) {
    CHECK(run({"queue", "list", "--text", good}).exit == 0);
  }
}

TEST_CASE("a word that is no text is refused, but names of files may be any bytes", "[arguments]") {
  for (const auto& command : all_commands()) {
    CAPTURE(command);
    const auto ran = run(command + Words{"bob\xff"});
    CHECK(ran.exit == 2);  // of a file to send, for the recipient that is missing
    if (command.back() != "send" && command != Words{"queue", "add"})
      CHECK(ran.err.find("byte 4 (0xFF) is not UTF-8") != std::string::npos);
  }
  FakeDaemon daemon;
  const auto ran = run({"send", "/nowhere/\xff", "--to", "bob@x"});
  CHECK(ran.exit == 7);
  CHECK(ran.err.find("No such file") != std::string::npos);
  CHECK(run({"accept", "1", "--into", "/nowhere/\xff/"}).err.find("No such file") !=
        std::string::npos);
}

TEST_CASE("-- ends the options", "[arguments]") {
  FakeDaemon daemon;
  daemon.add_job("a", "offered", "in");
  daemon.rules = {{{"from", std::string("bob@x")}}};
  const std::vector<std::pair<Words, Words>> rows = {// what stands before -- and after it
                                                     {{"status"}, {}},
                                                     {{"account", "list"}, {}},
                                                     {{"account", "show"}, {"1"}},
                                                     {{"account", "connect"}, {"1"}},
                                                     {{"contacts"}, {"bob"}},
                                                     {{"contacts", "list", "--online"}, {"bob"}},
                                                     {{"contacts", "approve"}, {"a@x", "b@x"}},
                                                     {{"queue", "list"}, {}},
                                                     {{"queue", "show"}, {"1"}},
                                                     {{"queue", "cancel", "--yes"}, {"1"}},
                                                     {{"offers"}, {}},
                                                     {{"accept"}, {"1"}},
                                                     {{"decline"}, {"1"}},
                                                     {{"policy", "list"}, {}},
                                                     {{"why"}, {"1"}},
                                                     {{"help"}, {"send"}}};
  for (const auto& [before, after] : rows) {
    CAPTURE(before, after);
    const auto plain = run(before + after), marked = run(before + Words{"--"} + after),
               fronted = run(Words{"--"} + before + after);
    CHECK(plain.exit == 0);
    CHECK(marked.exit == plain.exit);
    CHECK(marked.err == plain.err);
    CHECK(marked.out.substr(0, 9) == plain.out.substr(0, 9));  // a time of day may differ
    CHECK(fronted.exit == plain.exit);
  }
  CHECK(run({"queue", "show", "--", "--json"}).err.find("'--json' is not a job") !=
        std::string::npos);
  CHECK(run({"status", "--", "--json"}).err.find("unexpected '--json'") != std::string::npos);
  CHECK(run({"send", "--to", "bob@x", "--", "--none"}).err.find("--none: No such file") !=
        std::string::npos);
  CHECK(run({"send", "--to", "bob@x", "--", "--"}).err.find("--: No such file") !=
        std::string::npos);
  CHECK(run({"--", "--json", "status"}).err.find("unknown command '--json'") != std::string::npos);
  CHECK(run({"--json", "--", "status"}).json()["daemon"]["version"] == "9.8.7");
}

TEST_CASE("words arrive as they were typed", "[arguments]") {
  FakeDaemon daemon;
  for (const char* name : {"[x]", "[a,b]", "a,b", "%%", "{}", "'", "\"", "a=b", "=", "#"}) {
    const auto ran = run({"send", std::string("/nowhere/") + name, name, "--to", "bob@x"});
    CHECK(ran.err.find(std::string("\n  ") + name + ": No such file") != std::string::npos);
    CHECK(run({"account", "show", name}).err.find(std::string("no account '") + name + "'") !=
          std::string::npos);
    CHECK(run({"--account", name, "contacts"}).err.find(std::string("no account '") + name + "'") !=
          std::string::npos);
  }
}

TEST_CASE("a pasted xmpp: URI is taken wherever a JID is", "[arguments]") {
  FakeDaemon daemon;
  const std::string uri = "xmpp:bob@example.net?message;body=hi";
  CHECK(run({"contacts", "add", uri}).exit == 0);
  CHECK(run({"contacts", "remove", uri}).exit == 0);
  CHECK(run({"contacts", "approve", uri}).exit == 0);
  CHECK(run({"contacts", "deny", uri}).exit == 0);
  CHECK(run({"policy", "add", "--from", uri}).exit == 0);
  CHECK(run({"send", "/proc/self/exe", "--to", "xmpp:bob@example.net/My%20phone#x"}).exit == 0);
  CHECK(run({"queue", "list", "--peer", uri}).out.find("exe") != std::string::npos);
  CHECK(run({"account", "add", "xmpp:ann@example.org", "--password-stdin"}, "x").exit == 0);
  CHECK(run({"account", "show", "xmpp:ann@example.org"}).exit == 0);
  CHECK(run({"--account", "xmpp:ann@example.org", "contacts"}).exit == 0);
  CHECK(run({"contacts", "add", "xmpp:bob%4"}).exit == 2);
  CHECK(daemon.log == Words{"AddContact bob@example.net", "RemoveContact bob@example.net",
                            "ApproveContact bob@example.net", "DenyContact bob@example.net",
                            "add ann@example.org", "password x auto", "connect"});
  CHECK(daemon.rules.at(0).at("from").get<std::string>() == "bob@example.net");
  CHECK(daemon.sent.at(0).recipients == Words{"bob@example.net/My phone"});
}

TEST_CASE("adding a contact that is seen already does not ask again", "[arguments]") {
  FakeDaemon daemon;
  for (const char* subscription : {"none", "from", "to", "both"}) {
    daemon.contacts = {
        {{"jid", std::string("bob@example.net")}, {"subscription", std::string(subscription)}}};
    CAPTURE(subscription);
    const bool seen =
        std::string_view(subscription) == "to" || std::string_view(subscription) == "both";
    CHECK(run({"contacts", "add", "Bob@example.net"}).out ==
          (seen ? "Bob@example.net is a contact; you see already when they are online\n"
                : "added Bob@example.net; asked to see whether they are online\n"));
  }
}

}  // namespace arguments_bus_test
