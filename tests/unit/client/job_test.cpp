// SPDX-License-Identifier: MIT
#include "job.h"

#include <catch2/catch.hpp>

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

}  // namespace

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
