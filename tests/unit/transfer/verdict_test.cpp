// SPDX-License-Identifier: MIT
#include "transfer/verdict.h"

#include <catch2/catch.hpp>

#include "transfer/job_view.h"

namespace verdict_test {

using namespace xmppftd;
using namespace std::chrono_literals;

TEST_CASE("verdict: what a retry cannot help fails at once", "[verdict]") {
  const auto code = GENERATE(Errc::Declined, Errc::NoSuchPeer, Errc::PeerUnsupported,
                             Errc::NoCommonMethod, Errc::HashMismatch, Errc::Protocol,
                             Errc::FileMissing, Errc::FileChanged, Errc::Io, Errc::Policy);
  CHECK(verdict_of(code).remedy == Remedy::Fail);
}

TEST_CASE("verdict: what passes is tried again", "[verdict]") {
  const auto code = GENERATE(Errc::StreamFailed, Errc::Timeout, Errc::Interrupted);
  CHECK(verdict_of(code).remedy == Remedy::Retry);
}

TEST_CASE("verdict: what the peer's system or ours cannot just now is tried as often as it takes",
          "[verdict]") {
  CHECK(verdict_of(Errc::Constraint).remedy == Remedy::NotNow);
  CHECK(verdict_of(Errc::Unavailable).remedy == Remedy::NotNow);
}

TEST_CASE("verdict: our own session's troubles are waited out (R10)", "[verdict]") {
  const auto code = GENERATE(Errc::NotOnline, Errc::Network, Errc::Dns, Errc::Tls, Errc::AuthFailed,
                             Errc::Conflict);
  CHECK(verdict_of(code).remedy == Remedy::AwaitAccount);
}

TEST_CASE("verdict: every error ends in a reason of failed or cancelled", "[verdict]") {
  for (int i = 0; i <= static_cast<int>(Errc::Internal); ++i) {
    const auto reason = verdict_of(static_cast<Errc>(i)).reason;
    INFO(to_string(static_cast<Errc>(i)));
    CHECK((reason >= JobReason::Declined || reason == JobReason::User));
  }
}

TEST_CASE("verdict: the delay doubles from 5 s to 10 min, give or take a fifth", "[verdict]") {
  const QueueConfig config;
  CHECK(retry_delay(config, config.first_delay, 1, 0) == 5s);
  CHECK(retry_delay(config, config.first_delay, 2, 0) == 10s);
  CHECK(retry_delay(config, config.first_delay, 4, 0) == 40s);
  CHECK(retry_delay(config, config.first_delay, 8, 0) == 10min);
  CHECK(retry_delay(config, config.first_delay, 4000000000u, 0) == 10min);
  CHECK(retry_delay(config, config.first_delay, 1, 1) == 6s);
  CHECK(retry_delay(config, config.first_delay, 1, -1) == 4s);
}

TEST_CASE("verdict: error names are the reasons in CamelCase", "[verdict]") {
  CHECK(error_name_of(JobReason::FileChanged) == "FileChanged");
  CHECK(error_name_of(JobReason::NoSuchPeer) == "NoSuchPeer");
  CHECK(error_name_of(JobReason::Io) == "Io");
}

}  // namespace verdict_test
