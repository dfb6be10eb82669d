// SPDX-License-Identifier: MIT
#include "job.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace job_test {

using namespace xmppftctl;

namespace {

Values active() {
  return {{"Direction", std::string("out")},
          {"Peer", std::string("bob@example.net/phone")},
          {"Name", std::string("big.iso")},
          {"State", std::string("active")},
          {"StateReason", std::string()},
          {"Size", std::int64_t{1000}},
          {"Transferred", std::uint64_t{120}},
          {"Rate", std::uint64_t{50}},
          {"Eta", std::int64_t{17}},
          {"Method", std::string("si-socks5")},
          {"MethodDetail", Values{{"route", std::string("proxy")},
                                  {"host", std::string("h")},
                                  {"port", std::uint16_t{7777}}}},
          {"Account", sdbus::ObjectPath("/org/xmppft/Daemon1/accounts/3")},
          {"CreatedAt", std::uint64_t{1767607200'000'000}},
          {"Error", sdbus::Struct<std::string, std::string>("", "")},
          {"Attempt", std::uint32_t{1}}};
}

/// Every state that is none of the last, with each reason that the API names for it, as
/// "in queued waiting-peer".
std::set<std::string> documented_waits() {
  std::ifstream file(XMPPFT_DBUS_FOLDER "/org.xmppft.Job1.xml");
  REQUIRE(file);
  std::string xml{std::istreambuf_iterator<char>(file), {}};
  auto words = xml.substr(xml.find("<!-- StateReason: "));
  words = words.substr(0, words.find("failed:"));
  words = words.substr(words.find("queued:"));
  std::set<std::string> waits;
  for (const std::string direction : {"in", "out"})
    for (const std::string state : {"connecting", "verifying"})
      waits.insert(direction + " " + state + " ");
  std::string state;
  const std::regex item(R"(([a-z-]+)(:)|\(([^)]*)\)|([a-z]+-[a-z-]+|backoff|stalled))");
  std::string reason;
  for (std::sregex_iterator at(words.begin(), words.end(), item), end; at != end; ++at) {
    const auto& match = *at;
    if (match[2].matched) {
      state = match[1];
    } else if (match[4].matched) {
      reason = match[4];
      for (const std::string direction : {"in", "out"}) {
        std::string wait = direction + " " + state;
        waits.insert(wait + " " + reason);
      }
    } else if (!reason.empty()) {  // in brackets: perhaps of one direction only
      const auto about = match[3].str();
      if (about == "in" || about.starts_with("in:")) waits.erase("out " + state + " " + reason);
      if (about == "out" || about.starts_with("out:")) waits.erase("in " + state + " " + reason);
    }
  }
  return waits;
}

}  // namespace

TEST_CASE("whatever a job may wait for, it is told, and until when", "[job]") {
  const auto waits = documented_waits();
  CHECK(waits.count("in verifying awaiting-folder") == 1);
  CHECK(waits.count("out queued backoff") == 1);
  CHECK(waits.count("out offered awaiting-user") == 0);
  CHECK(waits.size() >= 18);
  std::set<std::string> told;
  for (const auto& wait : waits) {
    CAPTURE(wait);
    std::istringstream in(wait);
    Job job;
    std::getline(in, job.direction, ' ');
    std::getline(in, job.state, ' ');
    std::getline(in, job.reason, ' ');
    job.peer = "bob@example.net";
    const std::uint64_t now = 1767607200'000'000, minute = 60'000'000;
    const auto words = waits_for(job, {job.reason, "", now + 30 * minute}, now);
    CHECK_FALSE(words.empty());
    const bool ends = std::regex_search(words, std::regex("until .|at most .|in 30 min \\(at 20"));
    INFO(words);
    CHECK(ends);
    told.insert(words);
  }
  CHECK(told.size() >= 14);  // not one answer for all
}

TEST_CASE("a job behind others that the peer cannot take says so, not that it is its turn",
          "[job]") {
  Job job;
  job.direction = "out";
  job.state = "queued";
  job.reason = "waiting-slot";
  job.peer = "bob@example.net";
  CHECK(waits_for(job, {"waiting-slot", "", 0}, 1) ==
        "its turn, until others before it have ended");
  CHECK(waits_for(job, {"not-now", "too many offers wait", 61'000'001}, 1)
            .starts_with("bob@example.net, which cannot take it just now (too many offers wait): "
                         "it is asked again in 1 min"));
}

TEST_CASE("a job as JSON: units in the keys, unknown is null", "[job]") {
  const auto json = to_json(job_from(25, active()));
  CHECK(json["id"] == 25);
  CHECK(json["size_bytes"] == 1000);
  CHECK(json["transferred_bytes"] == 120);
  CHECK(json["rate_bps"] == 50);
  CHECK(json["eta_s"] == 17);
  CHECK(json["method"] == "si-socks5");
  CHECK(json["route"] == "proxy");
  CHECK(json["port"] == 7777);
  CHECK(json["account"] == "3");
  CHECK(json["created_at"] == "2026-01-05T10:00:00.000000Z");
  CHECK(json["finished_at"].is_null());
  CHECK(json["error"].is_null());

  const auto bare = to_json(job_from(1, {}));
  CHECK(bare["size_bytes"].is_null());
  CHECK(bare["eta_s"].is_null());
  CHECK(bare["method"].is_null());
  CHECK(bare["reason"] == "");
}

TEST_CASE("a failed job carries its error", "[job]") {
  auto values = active();
  values["State"] = std::string("failed");
  values["StateReason"] = std::string("declined");
  values["Error"] = sdbus::Struct<std::string, std::string>("org.xmppft.Error.Job.Declined",
                                                            "bob declined\033[2J");
  const auto job = job_from(19, values);
  CHECK(to_json(job)["error"]["name"] == "org.xmppft.Error.Job.Declined");
  CHECK(result_line(job) == "big.iso  1000 B  failed (declined): bob declined[2J");
  CHECK(job.is_final());
}

TEST_CASE("an error is told only beside a state that it explains", "[job]") {
  auto values = active();
  values["Error"] = sdbus::Struct<std::string, std::string>("org.xmppft.Error.NotOnline", "why");
  auto job = job_from(1, values);
  const auto told = [&](const char* direction, const char* state, const char* reason) {
    job.direction = direction, job.state = state, job.reason = reason;
    return job.told_error() == "why";
  };
  CHECK(told("out", "queued", "backoff"));
  CHECK_FALSE(told("out", "offered", "awaiting-peer"));  // it is that of the attempt before
  CHECK_FALSE(told("out", "connecting", ""));
  CHECK_FALSE(told("out", "active", ""));
  CHECK_FALSE(told("out", "verifying", ""));
  CHECK(told("in", "offered", "waiting-slot"));
  CHECK(told("in", "connecting", ""));  // no part file can be made
  CHECK(told("in", "verifying", "awaiting-folder"));
  CHECK(told("out", "failed", "declined"));
  CHECK_FALSE(told("out", "failed", "why"));  // twice the same
  job.error_message = "cancelled";
  job.state = "cancelled", job.reason = "user";
  CHECK(job.told_error().empty());
}

TEST_CASE("a property of another type is left out, not fatal", "[job]") {
  auto values = active();
  values["Size"] = std::string("large");
  CHECK(job_from(1, values).size == -1);
}

TEST_CASE("progress says a share, or what a job waits for", "[job]") {
  auto job = job_from(1, active());
  CHECK(progress_cell(job) == "12 %");
  job.transferred = 1000;
  CHECK(progress_cell(job) == "100 %");
  job.size = 0, job.transferred = 0;
  CHECK(progress_cell(job) == "100 %");
  job.state = "queued", job.reason = "waiting-slot";
  CHECK(progress_cell(job) == "waiting-slot");
}

TEST_CASE("a done job tells its average rate, its way and where it is", "[job]") {
  auto job = job_from(1, active());
  job.state = "done";
  job.direction = "in";
  job.size = 4 << 20;
  job.transferred = 4 << 20;
  job.started_at = 1'000'000;
  job.finished_at = 3'000'000;
  job.uri = "file:///srv/in/big%20file%20%282%29.iso";
  CHECK(job.average_rate() == 2 << 20);
  CHECK(result_line(job) ==
        "big.iso  4.0 MiB  done  2.0 MiB/s  si-socks5/proxy  → /srv/in/big file (2).iso");
}

}  // namespace job_test
