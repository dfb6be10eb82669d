// SPDX-License-Identifier: MIT
#include "data/range_digest.h"

#include <catch2/catch.hpp>

#include "temp_dir.h"
#include "test_core.h"

namespace range_digest_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("digest behind a writer: reads only what was reached", "[digest]") {
  const TempDir dir;
  TestCore core;
  ThreadPool hashers("hash", 2);
  const auto content = noise(6'000'000);
  const auto file = open_file(dir / "a");
  auto progress = std::make_shared<Progress>();
  const auto digest = std::make_shared<RangeDigest>(hashers, file, HashAlgo::Sha256,
                                                    ByteRange{0, 6'000'000}, progress);
  // The file is short and wrong beyond what was reached: reading too far would fail or show.
  std::uint64_t reached = 0;
  for (const std::uint64_t next : {1'500'000u, 1'500'001u, 3'000'000u, 6'000'000u}) {
    REQUIRE(write_all(file->fd.get(),
                      view_of(std::string_view(content).substr(reached, next - reached)), reached));
    reached = next;
    digest->reached(reached);
  }
  Outcome<Hash> outcome;
  digest->finish([&](Result<Hash> hash) {
    core.post([&, hash = std::move(hash)] { outcome.callback()(hash); });
  });
  core.run_until([&] { return outcome.arrived(); });
  CHECK(outcome.result->value() == Digest::of(HashAlgo::Sha256, view_of(content)));
  CHECK(progress->bytes == 6'000'000);
}

TEST_CASE("digest behind a writer: works before the end, not only at it", "[digest]") {
  const TempDir dir;
  TestCore core;
  ThreadPool hashers("hash", 1);
  const auto file = file_with(dir / "a", noise(2'000'000));
  auto progress = std::make_shared<Progress>();
  const auto digest = std::make_shared<RangeDigest>(hashers, file, HashAlgo::Sha256,
                                                    ByteRange{0, 2'000'000}, progress);
  digest->reached(2'000'000);
  // The one hasher takes this task after the slice.
  bool done = false;
  hashers.post([&] { core.post([&] { done = true; }); });
  core.run_until([&] { return done; });
  CHECK(progress->bytes == 2'000'000);
}

TEST_CASE("digest behind a writer: what was kept comes first, while the rest is written",
          "[digest]") {
  const TempDir dir;
  TestCore core;
  ThreadPool hashers("hash", 1);
  const auto content = noise(6'000'000);
  const auto kept = GENERATE(0u, 1u, 5'000'000u, 6'000'000u);
  const auto file = file_with(dir / "a", content.substr(0, kept));
  const auto digest =
      RangeDigest::of_move(hashers, {file, HashAlgo::Sha256}, ByteRange{kept, 6'000'000 - kept});
  // One byte of the range is enough to make it begin with what was kept; the rest is not there yet.
  REQUIRE(write_all(file->fd.get(), view_of(content.substr(kept, 1)), kept));
  digest->reached(kept < content.size() ? 1 : 0);
  if (kept < content.size()) {
    REQUIRE(write_all(file->fd.get(), view_of(content.substr(kept)), kept));
    digest->reached(content.size() - kept);
  }
  Outcome<Hash> outcome;
  digest->finish([&](Result<Hash> hash) {
    core.post([&, hash = std::move(hash)] { outcome.callback()(hash); });
  });
  core.run_until([&] { return outcome.arrived(); });
  CHECK(outcome.result->value() == Digest::of(HashAlgo::Sha256, view_of(content)));
}

TEST_CASE("digest: none where none was asked for", "[digest]") {
  const TempDir dir;
  ThreadPool hashers("hash", 1);
  CHECK(RangeDigest::of_move(hashers, {open_file(dir / "a"), {}}, {0, 1}) == nullptr);
}

}  // namespace range_digest_test
