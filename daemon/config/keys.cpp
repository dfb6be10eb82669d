// SPDX-License-Identifier: MIT
#include "config/keys.h"

#include <functional>
#include <limits>
#include <map>

#include "config/values.h"
#include "model/jid.h"

namespace xmppftd {
namespace {

using Setter = std::function<Result<void>(const JsonNode&, Config&)>;

Error wrong(const JsonNode& node, const std::string& want) {
  return Error{Errc::Config, node.shown() + " is not " + want};
}

Result<void> read(const JsonNode& node, bool& into) {
  const auto* value = node.boolean();
  if (value == nullptr) return wrong(node, "true or false");
  into = *value;
  return {};
}

template <class Number>
Result<void> read_number(const JsonNode& node, Number& into, std::int64_t low, std::int64_t high) {
  const auto* value = node.integer();
  if (value == nullptr || *value < low || *value > high)
    return wrong(node,
                 "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  into = static_cast<Number>(*value);
  return {};
}

Result<std::uint64_t> size_of(const JsonNode& node) {
  if (const auto* number = node.integer(); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  if (const auto* text = node.string()) {
    auto size = parse_size(*text);
    if (!size) return Error{Errc::Config, size.error().detail};
    return size;
  }
  return wrong(node, "a size; want bytes such as 500000, \"500k\" or \"2Mi\"");
}

Result<void> read_size(const JsonNode& node, std::uint64_t& into) {
  auto size = size_of(node);
  if (!size) return size.error();
  into = *size;
  return {};
}

Result<void> read_mode(const JsonNode& node, std::optional<unsigned>& into) {
  const auto* text = node.string();
  if (text != nullptr && *text == "folder") {
    into.reset();
    return {};
  }
  unsigned mode = 0;
  bool good = text != nullptr && (text->size() == 3 || text->size() == 4);
  for (std::size_t i = 0; good && i < text->size(); ++i) {
    good = (*text)[i] >= '0' && (*text)[i] <= '7';
    mode = mode * 8 + static_cast<unsigned>((*text)[i] - '0');
  }
  if (!good || (mode & ~0666u) != 0 || (mode & 0600u) != 0600u)
    return wrong(
        node, "\"folder\" or an octal mode such as \"0640\": you read and write, nobody executes");
  into = mode;
  return {};
}

Result<void> read_block_size(const JsonNode& node, std::uint32_t& into) {
  auto size = size_of(node);
  if (!size) return size.error();
  if (*size < 128 || *size > 65535)
    return wrong(node, "an IBB block-size; want 128 to 65535 bytes (XEP-0047)");
  into = static_cast<std::uint32_t>(*size);
  return {};
}

template <class Duration>
Result<void> read_time(const JsonNode& node, Duration& into, std::chrono::milliseconds low,
                       std::chrono::milliseconds high) {
  const auto* text = node.string();
  if (text == nullptr)
    return wrong(node, "a time in quotes; want for example \"500ms\", \"30s\" or \"10m\"");
  auto time = parse_duration(*text);
  if (!time) return Error{Errc::Config, time.error().detail};
  if (*time < low || *time > high)
    return Error{Errc::Config, node.shown() + " is out of range; want " +
                                   std::to_string(low.count()) + "ms to " +
                                   std::to_string(high.count() / 1000) + "s"};
  into = std::chrono::duration_cast<Duration>(*time);
  return {};
}

Result<void> read_word(const JsonNode& node, std::string& into,
                       std::initializer_list<const char*> words) {
  std::string list;
  for (const auto* word : words) {
    if (node.string() != nullptr && *node.string() == word) {
      into = word;
      return {};
    }
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  return wrong(node, "one of " + list);
}

Result<void> read_path(const JsonNode& node, std::string& into) {
  if (node.string() == nullptr) return wrong(node, "a path in quotes");
  auto path = expand_path(*node.string());
  if (!path) return Error{Errc::Config, path.error().detail};
  into = *path;
  return {};
}

/// A list; one string stands for a list of one.
Result<void> read_strings(const JsonNode& node, std::vector<std::string>& into) {
  if (const auto* one = node.string()) {
    into = {*one};
    return {};
  }
  const auto* array = node.array();
  if (array == nullptr) return wrong(node, "a list of strings, such as [\"a\", \"b\"]");
  std::vector<std::string> strings;
  for (const auto& item : *array) {
    if (item.string() == nullptr) return wrong(item, "a string in quotes");
    strings.push_back(*item.string());
  }
  into = std::move(strings);
  return {};
}

Result<void> read_jids(const JsonNode& node, std::vector<std::string>& into) {
  std::vector<std::string> jids;
  if (auto read_ok = read_strings(node, jids); !read_ok) return read_ok;
  for (auto& text : jids) {
    auto jid = Jid::parse(text);
    if (!jid) return Error{Errc::Config, jid.error().detail};
    text = jid->str();
  }
  into = std::move(jids);
  return {};
}

Result<void> read_methods(const JsonNode& node, std::vector<MethodChoice>& into) {
  std::vector<std::string> names;
  if (auto read_ok = read_strings(node, names); !read_ok) return read_ok;
  std::vector<MethodChoice> methods;
  for (const auto& name : names) {
    auto method = MethodChoice::parse(name);
    if (!method) return Error{Errc::Config, method.error().detail};
    methods.push_back(*method);
  }
  if (methods.empty())
    return Error{Errc::Config, "the list is empty; name at least one method, such as " +
                                   in_quotes(all_methods().front().word, 60)};
  into = std::move(methods);
  return {};
}

Result<void> read_level(const JsonNode& node, log::Level& into) {
  std::string word;
  if (auto known = read_word(node, word, {"debug", "info", "warning", "error"}); !known)
    return known;
  into = word == "debug"     ? log::Level::Debug
         : word == "info"    ? log::Level::Info
         : word == "warning" ? log::Level::Warning
                             : log::Level::Error;
  return {};
}

Result<void> read_rule(const JsonNode& node, AcceptRule& into) {
  const auto* object = node.object();
  if (object == nullptr)
    return wrong(node,
                 "a rule, such as {\"from\": \"ann@example.org\", \"directory\": \"~/Inbox\"}");
  for (const auto& [key, place, value] : *object) {
    Result<void> read_ok;
    if (key == "from")
      read_ok = value.string() == nullptr ? Result<void>(wrong(value, "a JID or pattern in quotes"))
                                          : Result<void>();
    else if (key == "max_size")
      read_ok = read_size(value, into.max_size);
    else if (key == "directory")
      read_ok = read_path(value, into.folder);
    else if (key == "mime")
      read_ok = read_strings(value, into.mime);
    else if (key == "on_exists")
      read_ok = read_word(value, into.on_exists, {"rename", "fail"});
    else
      read_ok =
          Error{Errc::Config, "unknown key; a rule has from, max_size, mime, directory, on_exists"};
    if (!read_ok) return Error{Errc::Config, key + ": " + read_ok.error().detail};
    if (key == "from") into.from = *value.string();
  }
  if (auto good = prepare(into); !good) return Error{Errc::Config, good.error().detail};
  return {};
}

/// A list; one rule stands for a list of one.
Result<void> read_rules(const JsonNode& node, std::vector<AcceptRule>& into) {
  std::vector<AcceptRule> rules;
  if (node.object() != nullptr) {
    if (auto read_ok = read_rule(node, rules.emplace_back()); !read_ok) return read_ok;
    into = std::move(rules);
    return {};
  }
  const auto* array = node.array();
  if (array == nullptr) return wrong(node, "a list of rules");
  for (const auto& item : *array) {
    AcceptRule rule;
    if (auto read_ok = read_rule(item, rule); !read_ok)
      return Error{Errc::Config,
                   "rule " + std::to_string(rules.size() + 1) + ": " + read_ok.error().detail};
    rules.push_back(std::move(rule));
  }
  into = std::move(rules);
  return {};
}

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Every key there is. "auto_accept" and the like are whole values; the rest stand in an object of
/// their own.
const std::map<std::string, Setter, std::less<>>& keys() {
  static const std::map<std::string, Setter, std::less<>> table{
      {"$schema", [](auto&, auto&) { return Result<void>(); }},
      {"download_dir", [](auto& n, auto& c) { return read_path(n, c.download_dir); }},
      {"on_exists",
       [](auto& n, auto& c) {
         return read_word(n, c.on_exists, {"rename", "fail"});
       }},
      {"receive.mode", [](auto& n, auto& c) { return read_mode(n, c.receive.mode); }},
      {"limits.max_active",
       [](auto& n, auto& c) { return read_number(n, c.limits.max_active, 1, 100); }},
      {"limits.max_active_per_peer",
       [](auto& n, auto& c) { return read_number(n, c.limits.max_active_per_peer, 1, 100); }},
      {"limits.progress_interval",
       [](auto& n, auto& c) {
         return read_time(n, c.limits.progress_interval, milliseconds(250), seconds(5));
       }},
      {"methods", [](auto& n, auto& c) { return read_methods(n, c.methods); }},
      {"socks5.listen", [](auto& n, auto& c) { return read_strings(n, c.socks5.listen); }},
      {"socks5.direct", [](auto& n, auto& c) { return read(n, c.socks5.direct); }},
      {"socks5.advertise", [](auto& n, auto& c) { return read_strings(n, c.socks5.advertise); }},
      {"socks5.use_server_proxy",
       [](auto& n, auto& c) { return read(n, c.socks5.use_server_proxy); }},
      {"socks5.proxies", [](auto& n, auto& c) { return read_jids(n, c.socks5.proxies); }},
      {"ibb.block_size", [](auto& n, auto& c) { return read_block_size(n, c.ibb.block_size); }},
      {"ibb.block_size_xmppftd",
       [](auto& n, auto& c) { return read_block_size(n, c.ibb.block_size_xmppftd); }},
      {"retry.attempts", [](auto& n, auto& c) { return read_number(n, c.retry.attempts, 1, 100); }},
      {"retry.first_delay",
       [](auto& n, auto& c) { return read_time(n, c.retry.first_delay, seconds(1), hours(1)); }},
      {"retry.max_delay",
       [](auto& n, auto& c) { return read_time(n, c.retry.max_delay, seconds(1), hours(24)); }},
      {"queue.give_up_after",
       [](auto& n, auto& c) {
         return read_time(n, c.queue.give_up_after, seconds(1), hours(24 * 365));
       }},
      {"offers.expire",
       [](auto& n, auto& c) { return read_time(n, c.offers.expire, seconds(1), hours(24)); }},
      {"offers.answer_within",
       [](auto& n, auto& c) {
         return read_time(n, c.offers.answer_within, seconds(10), hours(1));
       }},
      {"offers.resume_within",
       [](auto& n, auto& c) {
         return read_time(n, c.offers.resume_within, seconds(1), hours(24 * 365));
       }},
      {"offers.max_pending",
       [](auto& n, auto& c) { return read_number(n, c.offers.max_pending, 1, 10000); }},
      {"offers.max_pending_per_peer",
       [](auto& n, auto& c) { return read_number(n, c.offers.max_pending_per_peer, 1, 1000); }},
      {"offers.daily_quota", [](auto& n, auto& c) { return read_size(n, c.offers.daily_quota); }},
      {"auto_accept", [](auto& n, auto& c) { return read_rules(n, c.auto_accept); }},
      {"network.trusted", [](auto& n, auto& c) { return read_strings(n, c.network.trusted); }},
      {"disk.min_free", [](auto& n, auto& c) { return read_size(n, c.disk.min_free); }},
      {"hash.before_offer_max",
       [](auto& n, auto& c) { return read_size(n, c.hash.before_offer_max); }},
      {"history.keep",
       [](auto& n, auto& c) {
         return read_time(n, c.history.keep, seconds(60), hours(24 * 3650));
       }},
      {"history.max_jobs",
       [](auto& n, auto& c) { return read_number(n, c.history.max_jobs, 1, 1000000); }},
      {"contacts.auto_approve", [](auto& n, auto& c) { return read(n, c.contacts.auto_approve); }},
      {"secrets.store",
       [](auto& n, auto& c) {
         return read_word(n, c.secrets.store, {"auto", "file", "session"});
       }},
      {"log.level", [](auto& n, auto& c) { return read_level(n, c.log.level); }},
  };
  return table;
}

std::string suggestion(std::string_view key, std::string_view prefix) {
  std::vector<std::string_view> candidates;
  for (const auto& [name, setter] : keys()) {
    std::string_view rest = name;
    if (rest.substr(0, prefix.size()) != prefix) continue;
    rest.remove_prefix(prefix.size());
    candidates.push_back(rest.substr(0, rest.find('.')));
  }
  const auto near = did_you_mean(key, candidates.data(), candidates.size());
  return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

bool is_group(const std::string& path) {
  const auto next = keys().lower_bound(path + ".");
  return next != keys().end() && next->first.rfind(path + ".", 0) == 0;
}

/// Each string of a value that was read well.
void check_words(const JsonNode& value, const std::string& path, const WordChecks& checks,
                 Diagnostics& diagnostics) {
  const auto check = checks.find(path);
  if (check == checks.end()) return;
  const auto look_at = [&](const JsonNode& word) {
    if (word.string() == nullptr) return;
    if (auto good = check->second(*word.string()); !good)
      diagnostics.error(word.place, path + ": " + good.error().detail);
  };
  look_at(value);
  if (value.array() == nullptr) return;
  for (const auto& word : *value.array()) look_at(word);
}

void apply_object(const JsonNode& node, const std::string& prefix, Config& config,
                  Diagnostics& diagnostics, const WordChecks& checks) {
  const auto* object = node.object();
  if (object == nullptr) {
    diagnostics.error(node.place,
                      (prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1) + ": ") +
                          node.shown() + " is not an object; want { \"key\": value, ... }");
    return;
  }
  for (const auto& [key, place, value] : *object) {
    const std::string path = prefix + key;
    if (const auto found = keys().find(path); found != keys().end()) {
      if (auto done = found->second(value, config); !done)
        diagnostics.error(value.place, path + ": " + done.error().detail);
      else
        check_words(value, path, checks, diagnostics);
    } else if (is_group(path)) {
      apply_object(value, path + ".", config, diagnostics, checks);
    } else {
      diagnostics.error(place, path + ": unknown key" + suggestion(key, prefix));
    }
  }
}

}  // namespace

void apply_keys(const JsonNode& root, Config& config, Diagnostics& diagnostics,
                const WordChecks& checks) {
  apply_object(root, "", config, diagnostics, checks);
}

}  // namespace xmppftd
