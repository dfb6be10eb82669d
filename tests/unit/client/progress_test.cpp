// SPDX-License-Identifier: MIT
#include "progress.h"

#include <catch2/catch.hpp>
#include <clocale>

#include "text.h"

namespace progress_test {

using namespace xmppftctl;

namespace {

Job active(std::uint64_t id, std::int64_t size, std::uint64_t transferred) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Job job;
  job.id = id;
  job.name = "src.tar";
  job.state = "active";
  job.size = size;
  job.transferred = transferred;
  job.rate = 4 << 20;
  job.eta = 5;
  job.method = "si-socks5";
  job.route = "direct";
  return job;
}

}  // namespace

TEST_CASE("a bar has its width at every share", "[progress]") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  CHECK(bar(0, 4, false) == "----");
  CHECK(bar(0.5, 4, false) == "##--");
  CHECK(bar(1, 4, false) == "####");
  CHECK(bar(7.0, 4, false) == "####");
  CHECK(bar(0.625, 4, true) == "██▌ ");
  for (int i = 0; i <= 100; ++i) CHECK(display_width(bar(i / 100.0, 24, true)) == 24);
}

TEST_CASE("a moving job shows bar, share, bytes, rate, time left and way", "[progress]") {
  const auto line = progress_line(active(7, 50 << 20, 31 << 20), 0, false);
  CHECK(line ==
        "7 src.tar               ##############----------   62 %  31.0/50.0 MiB  4.0 MiB/s  5 s  "
        "si-socks5/direct");
  CHECK(display_width(progress_line(active(7, 50 << 20, 31 << 20), 60, true)) <= 60);
}

TEST_CASE("an empty file is complete, an unknown size has no bar", "[progress]") {
  CHECK(progress_line(active(7, 0, 0), 0, false).find("100 %") != std::string::npos);
  CHECK(progress_line(active(7, -1, 1024), 0, false).find('#') == std::string::npos);
}

TEST_CASE("a waiting job says what for", "[progress]") {
  auto job = active(7, 1, 0);
  job.state = "queued";
  job.reason = "waiting-peer";
  CHECK(progress_line(job, 0, true) == "7 src.tar               queued (waiting-peer)");
}

TEST_CASE("the total adds the active jobs only", "[progress]") {
  auto waiting = active(9, 1 << 30, 0);
  waiting.state = "queued";
  const auto line =
      total_line({active(7, 30 << 20, 10 << 20), active(8, 10 << 20, 10 << 20), waiting}, 0, false);
  CHECK(line == "total 2 active  ############------------   50 %  20.0/40.0 MiB  8.0 MiB/s  2 s");
}

TEST_CASE("lines are told once per change", "[progress]") {
  std::vector<std::string> told;
  LineView view(
      change_line, [](std::uint64_t id) { return std::to_string(id) + " removed"; },
      [&](std::string_view line) { told.emplace_back(line); }, false);
  auto job = active(7, 100, 10);
  view.update({job});
  job.transferred = 20;
  view.update({job});
  job.state = "done";
  view.update({job});
  view.removed(7);
  CHECK(told == std::vector<std::string>{"7 src.tar: active, si-socks5/direct", "7 src.tar: done",
                                         "7 removed"});
}

}  // namespace progress_test
