// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "scenario/play.h"

namespace xmppftd::test {

inline constexpr std::size_t kSize = 20'000;

/// How far a transfer has come when something happens to it.
inline const std::vector<std::string> kPhases = {"offered", "negotiating", "connecting", "active",
                                                 "confirming"};

/// Plays until Ann's job is in `phase`, and holds it there: the next stanza or byte waits until
/// go_on().
inline void reach(Play& play, const std::string& phase, const std::string& way,
                  std::size_t size = kSize) {
  const auto both = [&](const char* ann, const char* bob) {
    const bool there =
        play.until([&] { return play.ann->state() == ann && play.bob->state() == bob; });
    INFO(phase << ": ann " << play.ann->state() << ", bob " << play.bob->state());
    REQUIRE(there);
  };
  if (phase != "offered") play.bob_trusts_ann();
  if (phase == "negotiating") play.server.hold("submit");  // Bob's yes
  if (phase == "connecting") play.server.hold(way == "si-ibb" ? "<open" : "<streamhost");
  if (phase == "active") play.ann->bulk().stop_at = size / 2;
  if (phase == "confirming") play.server.hold("<done");
  play.send(some_content(size), way);
  if (phase == "offered") both("offered/awaiting-peer", "offered/awaiting-user");
  if (phase == "negotiating") both("offered/awaiting-peer", "connecting");
  if (phase == "connecting") both("connecting", "connecting");
  if (phase == "active") both("active", "active");
  if (phase == "confirming") both("verifying", "verifying");
  play.settle();
}

/// Nothing is held any more, and Bob says yes whenever he is asked.
inline void go_on(Play& play) {
  play.server.release();
  if (play.ann) play.ann->bulk().stop_at = ~0ull;
  if (!play.bob) return;
  play.bob_trusts_ann();
  if (play.bob->state() == "offered/awaiting-user")
    play.must([&](auto done) { play.bob->queue().accept(1, {}, std::move(done)); });
}

/// Bob has the file, once, whole and under its name, and nothing else is left of it.
inline void check_one_file(Play& play, std::size_t size = kSize) {
  CHECK(play.bob_disk.names.size() == 1);
  REQUIRE(play.bob_disk.names.count(kTarget) == 1);
  const bool same =
      play.bob_disk.inodes.at(play.bob_disk.names.at(kTarget)).content == some_content(size);
  CHECK(same);
  play.check_nothing_left();
}

}  // namespace xmppftd::test
