// SPDX-License-Identifier: MIT
// The a{sv} arguments of the D-Bus API, of any keys and types: taken, or refused by one D-Bus error
// that can be sent.
#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>

#include "bus/accept_options.h"
#include "bus/accept_rules.h"
#include "bus/account_settings.h"
#include "bus/file_uri.h"
#include "bus/job_fields.h"
#include "bus/job_selector.h"
#include "bus/send_options.h"
#include "fuzz.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

constexpr const char* kKeys[] = {
    "resource",  "server", "ca_file", "pin",       "enabled",     "allow_plain", "ip_policy",
    "ids",       "batch",  "state",   "direction", "account",     "peer",        "since",
    "text",      "sort",   "all",     "from",      "max_size",    "mime",        "directory",
    "on_exists", "uri",    "name",    "methods",   "description", "priority"};

/// What sd-bus lets through: it refuses other strings before a handler sees them.
std::string text_of(Input& input) {
  const auto word = input.word();
  return is_bus_text(word) ? std::string(word) : "?";
}

std::vector<std::string> texts_of(Input& input) {
  std::vector<std::string> texts(input.byte() % 4);
  for (auto& text : texts) text = text_of(input);
  return texts;
}

sdbus::Variant value_of(Input& input) {
  switch (input.byte() % 9) {
    case 0: return sdbus::Variant((input.byte() & 1) != 0);
    case 1: return sdbus::Variant(input.number());
    case 2: return sdbus::Variant(std::vector<std::uint64_t>(input.byte() * 5u, input.number()));
    case 3: return sdbus::Variant(texts_of(input));
    case 4: return sdbus::Variant(static_cast<std::int32_t>(input.number()));
    case 5:
      return sdbus::Variant(
          sdbus::ObjectPath("/org/xmppft/Daemon1/accounts/" + std::to_string(input.byte())));
    default: return sdbus::Variant(text_of(input));
  }
}

VariantMap map_of(Input& input) {
  VariantMap map;
  for (std::size_t count = input.byte() % 8; count > 0; --count) {
    const auto which = input.byte();
    const std::string key =
        which < std::size(kKeys) * 8 ? kKeys[which % std::size(kKeys)] : text_of(input);
    map[key] = value_of(input);
  }
  return map;
}

/// Can this be sent as a string?
void check_sendable(const std::string& text) { FUZZ_CHECK(is_bus_text(text)); }

template <class F>
void call(F&& body) {
  try {
    body();
  } catch (const sdbus::Error& error) {
    FUZZ_CHECK(error.getName().starts_with("org.xmppft.Error.") || error.getName() == kInvalidArgs);
    FUZZ_CHECK(!error.getMessage().empty());
    check_sendable(error.getMessage());
  }
}

void check_settings(const VariantMap& map) {
  AccountSettings settings;
  settings.jid = "ann@example.org";
  apply_settings(map, settings);
  const auto told = settings_map(settings);
  AccountSettings again = settings;
  again.host = "other", again.resource = again.ca_file = again.pin = "";
  apply_settings(told, again);
  if (!settings.host.empty())
    FUZZ_CHECK(again.host == settings.host && again.port == settings.port);
  FUZZ_CHECK(again.resource == settings.resource && again.ca_file == settings.ca_file &&
             again.pin == settings.pin);
  FUZZ_CHECK(again.allow_plain == settings.allow_plain && again.ip_policy == settings.ip_policy);
  FUZZ_CHECK(settings.pin.empty() || settings.pin.size() == 64);
}

void check_uri(std::string_view text) {
  const std::string path = "/" + std::string(text);
  FUZZ_CHECK(is_bus_text(path_to_uri(path)));
  FUZZ_CHECK(uri_to_path(path_to_uri(path)).value() == path);
  const auto taken = uri_to_path(text);
  if (!taken) return check_sendable(to_bus_error(taken.error()).getMessage());
  FUZZ_CHECK(taken->front() == '/' && taken->find('\0') == std::string::npos);
  FUZZ_CHECK(uri_to_path(path_to_uri(*taken)).value() == *taken);
}

void check_accept(const VariantMap& map) {
  const auto accept = read_accept_options(map);
  FUZZ_CHECK(accept.folder.empty() || accept.folder.front() == '/');
  if (accept.folder.empty())
    FUZZ_CHECK(map.count("uri") == 0 || map.at("uri").get<std::string>().empty());
}

void check_send(const VariantMap& map, const std::vector<std::string>& recipients, bool with_name) {
  std::string name;
  const auto request = read_send_options(map, recipients, with_name, name);
  FUZZ_CHECK(!recipients.empty() && request.recipients == recipients && request.sources.empty());
  FUZZ_CHECK(with_name || name.empty());
  FUZZ_CHECK(request.description.size() <= 1024 && request.batch.size() <= kMaxString);
  FUZZ_CHECK(request.priority >= -100 && request.priority <= 100);
  FUZZ_CHECK((request.account != 0) == (map.count("account") == 1));
  for (const auto& method : request.methods)
    FUZZ_CHECK(method.id == "si-ibb" || method.id == "si-socks5");
}

void check_fields(const std::vector<std::string>& names) {
  const auto fields = check_job_fields(names);
  FUZZ_CHECK(!fields.empty() && (names.empty() || fields.size() <= names.size()));
  const auto& known = job_field_names();
  for (const auto& field : fields)
    FUZZ_CHECK(std::find(known.begin(), known.end(), field) != known.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.byte() % 8) {
    case 0: {
      const auto map = map_of(input);
      call([&] { check_settings(map); });
      break;
    }
    case 1: {
      const auto map = map_of(input);
      call([&] { read_filter(map); });
      break;
    }
    case 2: {
      const auto map = map_of(input);
      call([&] { read_selector(map); });
      if (map.empty())
        call([&] {
          read_selector(map);
          FUZZ_CHECK(!"an empty selector");
        });
      break;
    }
    case 3: {
      std::vector<VariantMap> rows(input.byte() % 3);
      for (auto& row : rows) row = map_of(input);
      call([&] {
        const auto rules = rules_from_bus(rows);
        FUZZ_CHECK(rules.size() == rows.size());
        for (const auto& rule : rules)
          FUZZ_CHECK(rule.max_size <= INT64_MAX);  // as in a configuration
        FUZZ_CHECK(rules_from_bus(rules_to_bus(rules)) == rules);
      });
      break;
    }
    case 4: call([&] { check_uri(input.word()); }); break;
    case 5: {
      const auto map = map_of(input);
      call([&] { check_accept(map); });
      break;
    }
    case 6: {
      const bool with_name = input.byte() & 1;
      const auto recipients = texts_of(input);
      const auto map = map_of(input);
      call([&] { check_send(map, recipients, with_name); });
      break;
    }
    case 7: {
      const auto names = texts_of(input);
      call([&] { check_fields(names); });
      break;
    }
  }
  return 0;
}
