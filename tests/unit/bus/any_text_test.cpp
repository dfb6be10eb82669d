// SPDX-License-Identifier: MIT
// Whatever text a row, a stanza or a caller brings, what leaves over the bus is text.
#include <catch2/catch.hpp>

#include "bus/accept_rules.h"
#include "bus/account_settings.h"
#include "bus/errors.h"
#include "bus/file_uri.h"
#include "bus/job_fields.h"
#include "bus/job_selector.h"
#include "bus/outgoing.h"
#include "support/any_text.h"

namespace any_text_test {

using namespace xmppftd;

namespace {

/// The text of the error that `call` throws, "" when it throws none.
template <class F>
std::string refusal(F&& call) {
  try {
    call();
  } catch (const sdbus::Error& error) {
    return sendable(error).getMessage();
  }
  return "";
}

}  // namespace

TEST_CASE("job fields: a row with any text in any column is served", "[bus][text]") {
  for (const auto& text : any_text::all(65538, true)) {
    INFO(any_text::shown(text));
    JobRecord record;
    record.batch = record.peer = record.peer_full = record.path = record.error_name =
        record.error_detail = text;
    record.file.name = record.file.description = record.file.mime_type = text;
    record.method = record.route = record.host = text;
    record.hash = Hash{HashAlgo::Md5, text};
    record.state = JobState::Failed;
    for (const auto& name : job_field_names()) {
      const auto value = job_field(name, JobView{record, {}}, true);
      if (value.containsValueOfType<std::string>())
        REQUIRE(any_text::is_bus_text(value.get<std::string>()));
    }
    REQUIRE(job_field("Peer", JobView{record, {}}, true).get<std::string>() == valid_text(text));
  }
}

TEST_CASE("outgoing: text is made valid however deep it lies", "[bus][text]") {
  const std::string bad = "a\xff\ufdd0";
  const std::string good = "a\ufffd\ufffd";
  CHECK(outgoing(std::vector<std::string>{bad}) == std::vector<std::string>{good});
  CHECK(outgoing(std::map<std::string, std::uint32_t>{{bad, 1}}).begin()->first == good);
  using Row = sdbus::Struct<std::uint64_t, std::string, std::vector<std::string>>;
  const auto rows = outgoing(std::vector<Row>{{1, bad, {bad}}});
  CHECK(std::get<1>(rows[0]) == good);
  CHECK(std::get<2>(rows[0])[0] == good);
  CHECK(variant(rows).get<std::vector<Row>>() == rows);
  CHECK(std::get<0>(outgoing(std::tuple(bad, 1))) == good);
}

TEST_CASE("file URIs: any path goes to a URI and back, any other URI is refused in words",
          "[bus][text]") {
  for (const auto& text : any_text::all(65538)) {
    INFO(any_text::shown(text));
    const auto uri = path_to_uri("/" + text);
    REQUIRE(any_text::is_bus_text(uri));
    REQUIRE(uri_to_path(uri).value() == "/" + text);
    for (const auto& typed :
         {text, "file:" + text, "file://" + text, "file:///%" + text, "x://y" + text}) {
      const auto path = uri_to_path(typed);
      if (path) continue;
      REQUIRE(any_text::is_bus_text(path.error().detail));
      REQUIRE(path.error().detail.size() < 1024);
    }
  }
}

TEST_CASE("arguments: any word where another is meant is refused in words", "[bus][text]") {
  for (const auto& text : any_text::all(65538)) {
    if (!any_text::is_bus_text(text)) continue;  // sd-bus lets nothing else in
    INFO(any_text::shown(text));
    const sdbus::Variant value(text);
    const sdbus::Variant list(std::vector<std::string>{text});
    const std::vector<std::function<void()>> doors = {
        [&] {
          read_filter({{text, value}});
        },
        [&] {
          read_filter({{"state", list}});
        },
        [&] {
          read_filter({{"direction", value}});
        },
        [&] {
          read_filter({{"peer", value}});
        },
        [&] {
          read_filter({{"sort", value}});
        },
        [&] {
          read_filter({{"ids", value}});
        },
        [&] {
          read_selector({{text, value}});
        },
        [&] {
          rules_from_bus({{{text, value}}});
        },
        [&] {
          rules_from_bus({{{"from", value}, {"directory", value}}});
        },
        [&] {
          rules_from_bus({{{"directory", sdbus::Variant(path_to_uri("/" + text))}}});
        },
    };
    for (const auto& door : doors) {
      const auto why = refusal(door);
      REQUIRE(any_text::is_bus_text(why));
      REQUIRE(why.size() <= 4096);
    }
    for (const auto* key : {"resource", "server", "ca_file", "pin", "ip_policy"}) {
      AccountSettings settings;
      settings.jid = "ann@xft.test";
      const auto why = refusal([&] { apply_settings({{key, value}}, settings); });
      REQUIRE(any_text::is_bus_text(why));
      REQUIRE(why.size() <= 4096);
      REQUIRE_NOTHROW(settings_map(settings));
    }
    REQUIRE(any_text::is_bus_text(refusal([&] {
      job_field(text, JobView{JobRecord{}, {}}, true);
    })));
  }
}

TEST_CASE("accept rules: a folder that the configuration cannot keep is refused", "[bus][text]") {
  CHECK_THAT(refusal([] {
               rules_from_bus({{{"from", sdbus::Variant(std::string("ann@xft.test"))},
                                {"directory", sdbus::Variant(std::string("file:///tmp/%FF"))}}});
             }),
             Catch::Contains("not UTF-8"));
  const auto rules =
      rules_from_bus({{{"from", sdbus::Variant(std::string("ann@xft.test"))},
                       {"directory", sdbus::Variant(std::string("file:///tmp/%c3%a9"))}}});
  CHECK(rules[0].folder == "/tmp/é");
}

TEST_CASE("accept rules: a size that the configuration cannot keep is refused", "[bus]") {
  const auto rules_of = [](std::uint64_t max_size) {
    return rules_from_bus(
        {{{"from", sdbus::Variant(std::string("*"))}, {"max_size", sdbus::Variant(max_size)}}});
  };
  CHECK(rules_of(INT64_MAX)[0].max_size == INT64_MAX);
  CHECK_THAT(refusal([&] { rules_of(std::uint64_t{INT64_MAX} + 1); }),
             Catch::Contains("rule 1: max_size: 9223372036854775808 is out of range"));
}

TEST_CASE("errors: one of the D-Bus library itself is told as a bad argument", "[bus][text]") {
  const auto error =
      sendable(sdbus::Error("org.freedesktop.DBus.Error.InconsistentMessage", "bad\xff"));
  CHECK(error.getName() == kInvalidArgs);
  CHECK(any_text::is_bus_text(error.getMessage()));
  const auto ours = sendable(to_bus_error({Errc::BadJid, std::string(5000, 'a') + "\xff"}));
  CHECK(ours.getName() == "org.xmppft.Error.BadJid");
  CHECK(ours.getMessage() == std::string(4096, 'a'));
}

TEST_CASE("job fields: a job that is done shows no error of an attempt before", "[bus]") {
  using Pair = sdbus::Struct<std::string, std::string>;
  JobRecord record;
  record.error_name = "PeerOffline";
  record.error_detail = "bob is not online";
  record.state = JobState::Done;
  CHECK(job_field("Error", JobView{record, {}}, true).get<Pair>() == Pair("", ""));
  for (const auto state :
       {JobState::Queued, JobState::Active, JobState::Failed, JobState::Cancelled}) {
    record.state = state;
    CHECK(job_field("Error", JobView{record, {}}, true).get<Pair>() ==
          Pair("org.xmppft.Error.Job.PeerOffline", "bob is not online"));
  }
}

}  // namespace any_text_test
