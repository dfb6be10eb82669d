// SPDX-License-Identifier: MIT
// Every method of the documented XML, with every kind of bad argument in every place: one answer,
// and an error that the XML names.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "base/unique_fd.h"
#include "support/any_text.h"
#include "unit/bus/stage.h"

namespace bad_arguments_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

struct Argument {
  std::string name;
  std::string type;
};
struct Method {
  std::string name;
  std::vector<Argument> in;
  std::string documented;  ///< the comment's paragraph of errors
};

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What stands between `from` and `to`, from `at` on; moves `at` behind it.
std::string between(const std::string& text, const std::string& from, const std::string& to,
                    std::size_t& at) {
  const auto begin = text.find(from, at);
  if (begin == text.npos) return at = text.npos, "";
  const auto end = text.find(to, begin + from.size());
  at = end;
  return text.substr(begin + from.size(), end - begin - from.size());
}

std::vector<Method> methods_of(const std::string& interface) {
  const auto xml = read_file(XMPPFT_DBUS_FOLDER "/org.xmppft." + interface + ".xml");
  std::vector<Method> methods;
  for (std::size_t at = 0; (at = xml.find("<method name=", at)) != xml.npos;) {
    const auto end = xml.find("</method>", at);
    const auto comment = xml.rfind("<!--", at);
    Method method;
    std::size_t name_at = at;
    method.name = between(xml, "name=\"", "\"", name_at);
    const auto words = xml.substr(comment, at - comment);
    if (const auto errors = words.find("Errors:"); errors != words.npos)
      method.documented = words.substr(errors, words.find("\n\n", errors) - errors);
    for (std::size_t arg = at; (arg = xml.find("<arg ", arg)) < end;) {
      Argument argument;
      argument.name = between(xml, "name=\"", "\"", arg);
      argument.type = between(xml, "type=\"", "\"", arg);
      if (between(xml, "direction=\"", "\"", arg) == "in") method.in.push_back(argument);
    }
    // "... and those of SendUris()"
    for (const auto& other : methods)
      if (method.documented.find("those of " + other.name + "()") != xml.npos)
        method.documented += " " + other.documented;
    methods.push_back(std::move(method));
    at = end;
  }
  REQUIRE_FALSE(methods.empty());
  return methods;
}

bool names_error(const std::string& documented, const std::string& error) {
  if (error == kInvalidArgs) return true;  // of every method
  const auto word = error.substr(error.rfind('.') + 1);
  for (auto at = documented.find(word); at != documented.npos; at = documented.find(word, at + 1))
    if (!std::isalnum(documented[at - 1]) && !std::isalnum(documented[at + word.size()]))
      return true;
  return false;
}

using Fill = std::function<void(sdbus::MethodCall&)>;
struct Value {
  std::string what;
  Fill fill;
  bool must_fail = false;
};

template <class T>
Fill put(T value) {
  return [value = std::move(value)](sdbus::MethodCall& call) { call << value; };
}

sdbus::UnixFd descriptor(const char* path = "/dev/null") {
  UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  REQUIRE(fd);
  return sdbus::UnixFd(fd.get());  // a copy of its own
}

/// A pipe that yields a password and ends.
sdbus::UnixFd password() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], "secret", 6) == 6);
  ::close(ends[1]);
  return {ends[0], sdbus::adopt_fd};
}

const std::string kTooLong(4097, 'x');
using File = sdbus::Struct<sdbus::UnixFd, std::string>;
using NamedFile = sdbus::Struct<sdbus::UnixFd, std::string, std::string>;
constexpr JobId kOffered = 1, kEnded = 2;

/// What the method takes in this place.
Value good(const Argument& argument, const std::string& batch) {
  const auto& [name, type] = argument;
  if (type == "a{sv}" && name == "selector")
    return {"ids", put(VariantMap{{"ids", sdbus::Variant(std::vector{std::uint64_t{kEnded}})}})};
  if (type == "a{sv}") return {"none", put(VariantMap{})};
  if (name == "uris") return {"a file", put(std::vector<std::string>{"file:///out/a"})};
  if (name == "recipients") return {"ann", put(std::vector<std::string>{kAnn})};
  if (type == "as") return {"none", put(std::vector<std::string>{})};
  if (type == "at") return {"one", put(std::vector{std::uint64_t{kEnded}})};
  if (type == "t") return {"a job", put(std::uint64_t{kEnded})};
  if (type == "u") return {"10", put(std::uint32_t{10})};
  if (type == "o") return {"an account", put(sdbus::ObjectPath(kAccount1))};
  if (type == "h") return {"a password", put(password())};
  if (type == "a(hs)") return {"a file", put(std::vector{File{descriptor(), "a"}})};
  if (type == "a(hss)") return {"a file", put(std::vector{NamedFile{descriptor(), "", "a"}})};
  REQUIRE(type == "s");
  if (name == "batch") return {"open", put(batch)};
  if (name == "action") return {"cancel", put(std::string("cancel"))};
  if (name == "until") return {"finished", put(std::string("finished"))};
  if (name == "cursor") return {"first", put(std::string())};
  REQUIRE(name == "jid");
  return {"a JID", put(std::string("new@example.org"))};
}

/// What of this type a caller may give though no method, or not this one, can mean it.
std::vector<Value> bad(const std::string& type) {
  using Strings = std::vector<std::string>;
  std::vector<Value> values;
  if (type == "s") {
    for (const auto* word : {"", "/", "no such word", "a@b@c", "\xe2\x80\xae", "file:///x", "@x",
                             "ann@example.org/phone", "18446744073709551616"})
      values.push_back({word, put(std::string(word))});
    values.push_back({"too long", put(kTooLong), true});
  } else if (type == "as") {
    values.push_back({"none", put(Strings{})});
    for (const auto* word : {"", "no such", "file:///no/such", "http://x/", "a@b@c", "@"})
      values.push_back({word, put(Strings{word}), true});
    values.push_back({"too long", put(Strings{kTooLong}), true});
    values.push_back({"too many", put(Strings(1001, "x")), true});
  } else if (type == "a{sv}") {
    const sdbus::Variant odd[] = {sdbus::Variant(true),
                                  sdbus::Variant(1.5),
                                  text(""),
                                  text("no such word"),
                                  text(kTooLong),
                                  sdbus::Variant(std::uint64_t{0}),
                                  sdbus::Variant(std::int32_t{-101}),
                                  sdbus::Variant(Strings{"no such word"}),
                                  sdbus::Variant(std::vector<std::uint64_t>(1001, 7)),
                                  sdbus::Variant(sdbus::ObjectPath("/"))};
    for (const auto* key :
         {"account",   "all",    "allow_plain", "batch",     "ca_file",  "description", "direction",
          "enabled",   "from",   "ids",         "ip_policy", "max_size", "methods",     "name",
          "on_exists", "online", "peer",        "pin",       "priority", "resource",    "server",
          "since",     "sort",   "state",       "store",     "text",     "uri"})
      for (const auto& value : odd)
        values.push_back(
            {std::string(key) + " of " + value.peekValueType(), put(VariantMap{{key, value}})});
    values.push_back({"unknown key", put(VariantMap{{"no-such", text("x")}}), true});
    values.push_back(
        {"unknown key, of any text", put(VariantMap{{"\xe2\x80\xae", text("")}}), true});
  } else if (type == "t") {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{9999}, UINT64_MAX})
      values.push_back({std::to_string(number), put(number)});
  } else if (type == "u") {
    for (const std::uint32_t number : {0u, 1001u, UINT32_MAX})
      values.push_back({std::to_string(number), put(number), true});
  } else if (type == "at") {
    using Numbers = std::vector<std::uint64_t>;
    values.push_back({"none", put(Numbers{}), true});
    values.push_back({"0", put(Numbers{0}), true});
    values.push_back({"unknown", put(Numbers{kEnded, 9999}), true});
    values.push_back({"too many", put(Numbers(1001, kEnded)), true});
  } else if (type == "o") {
    for (const auto* path : {"/", "/org/xmppft/Daemon1", "/org/xmppft/Daemon1/accounts/9",
                             "/org/xmppft/Daemon1/accounts/x", "/org/xmppft/Daemon1/jobs/1"})
      values.push_back({path, put(sdbus::ObjectPath(path)), true});
  } else if (type == "h") {
    for (const auto* path : {"/dev/null", "/"})
      values.push_back({path, put(descriptor(path)), true});
  } else if (type == "a(hs)") {
    values.push_back({"none", put(std::vector<File>{}), true});
    values.push_back({"no name", put(std::vector{File{descriptor(), ""}}), true});
    values.push_back({"long name", put(std::vector{File{descriptor(), kTooLong}}), true});
  } else if (type == "a(hss)") {
    values.push_back({"none", put(std::vector<NamedFile>{}), true});
    values.push_back({"no name", put(std::vector{NamedFile{descriptor(), "", ""}}), true});
    values.push_back({"long name", put(std::vector{NamedFile{descriptor(), "", kTooLong}}), true});
    for (const auto* uri : {"no such", "http://x/y", "file:relative", "file:///%00"})
      values.push_back({uri, put(std::vector{NamedFile{descriptor(), uri, "x"}}), true});
  } else {
    FAIL("no bad value for type " << type);
  }
  return values;
}

/// A daemon with an offer, a job that has ended and an account, and the paths of all three objects.
struct Scene {
  Scene() {
    stage.house.disk.add("/out/a", 1000);
    stage.house.offered();
    stage.house.offered("other.txt");
    REQUIRE(stage.house.decline(kEnded).ok());
    stage.turn();
  }
  std::string path(const std::string& interface) {
    if (interface == "Manager1") return kRootPath;
    if (interface == "Account1") return kAccount1;
    stage.call(kRootPath, "Manager1.GetJob", std::uint64_t{kOffered});
    return job_path(kOffered);
  }
  std::string open_batch() {
    return stage.call(kRootPath, "Manager1.OpenBatch", std::vector<std::string>{kAnn}, VariantMap{})
        .get<std::string>();
  }
  Reaction call(const std::string& interface, const Method& method,
                const std::vector<Value>& values) {
    return stage.wait(stage.ann->send_filled(path(interface), "org.xmppft." + interface,
                                             method.name, [&](sdbus::MethodCall& call) {
                                               for (const auto& value : values) value.fill(call);
                                             }));
  }
  Stage stage;
};

void check(Scene& scene, const Method& method, const Value& value, const Reaction& reaction) {
  INFO(value.what << " -> " << reaction.error << " " << reaction.message);
  CHECK_FALSE((value.must_fail && reaction.error.empty()));
  if (!reaction.error.empty()) {
    CHECK(names_error(method.documented, reaction.error));
    CHECK(any_text::is_bus_text(reaction.message));
    CHECK(reaction.message.size() <= 4096);
    CHECK_FALSE(reaction.message.empty());
  }
  CHECK(scene.stage.strays == 0);
  CHECK(scene.stage.ann->strays() == 0);
}

}  // namespace

TEST_CASE("bus: a bad argument in any place of any method has one answer, which is documented",
          "[bus]") {
  for (const std::string interface : {"Manager1", "Account1", "Job1"}) {
    for (const auto& method : methods_of(interface)) {
      INFO(interface << "." << method.name);
      Scene scene;
      const auto values_with = [&](std::size_t place, const Value& value) {
        std::string batch;
        for (const auto& argument : method.in)
          if (argument.name == "batch") batch = scene.open_batch();
        std::vector<Value> values;
        for (std::size_t i = 0; i < method.in.size(); ++i)
          values.push_back(i == place ? value : good(method.in[i], batch));
        return values;
      };
      for (std::size_t place = 0; place < method.in.size(); ++place) {
        INFO("argument " << method.in[place].name);
        for (const auto& value : bad(method.in[place].type))
          check(scene, method, value, scene.call(interface, method, values_with(place, value)));
      }
      // And what D-Bus itself refuses: one too many, one too few, others than are meant.
      const Value superfluous{"one too many", put(std::uint64_t{1}), true};
      auto values = values_with(method.in.size(), {});
      values.push_back(superfluous);
      check(scene, method, superfluous, scene.call(interface, method, values));
      if (method.in.empty()) continue;
      const Value missing{"none at all", put(0), true};
      check(scene, method, missing, scene.call(interface, method, {}));
      const std::vector<Value> others(method.in.size(), {"bytes", put(std::uint8_t{1}), true});
      check(scene, method, others.front(), scene.call(interface, method, others));
    }
  }
}

TEST_CASE("bus: what the bad arguments are measured by: each method takes the good ones", "[bus]") {
  for (const std::string interface : {"Manager1", "Account1"}) {
    for (const auto& method : methods_of(interface)) {
      INFO(interface << "." << method.name);
      Scene scene;
      std::string batch;
      for (const auto& argument : method.in)
        if (argument.name == "batch") batch = scene.open_batch();
      if (method.name == "SubmitBatch")
        scene.stage.call(kRootPath, "Manager1.AddToBatch", batch,
                         std::vector{NamedFile{descriptor(), "", "a"}});
      std::vector<Value> values;
      for (const auto& argument : method.in) values.push_back(good(argument, batch));
      const auto reaction = scene.call(interface, method, values);
      CHECK(reaction.error + reaction.message == "");
    }
  }
}

}  // namespace bad_arguments_test
