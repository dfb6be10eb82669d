// SPDX-License-Identifier: MIT
// A file goes from Ann to Bob.
#include "scenario/play.h"

namespace arrives_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("scenario: a file arrives whole, verified and confirmed", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  const std::size_t size = GENERATE(0u, 1u, 4096u, 100'000u);
  CAPTURE(way, size);
  Play play;
  play.bob_trusts_ann();
  play.send(some_content(size), way);
  play.until_ended();
  play.check_arrived();
  for (const auto* daemon : {play.ann.get(), play.bob.get()}) {
    const auto& job = daemon->job();
    CHECK(MethodChoice{job.method, job.route}.str() == way);
    CHECK(job.transferred == size);
    CHECK(job.attempt == 1);
  }
  play.check_nothing_left();
}

}  // namespace arrives_test
