// SPDX-License-Identifier: MIT
// The server stamps addresses in a spelling that preparation would change: the same peers all the
// same.
#include "scenario/play.h"

namespace names_test {

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("scenario: a resource of any characters, a bare part of any spelling", "[scenario]") {
  const auto way = GENERATE(from_range(kWays));
  for (const std::string ann : {"ann@example.org/home", "Ann@Example.ORG/Work™"})
    for (const std::string bob :
         {"bob@example.org/iPhone™", "bob@example.org/ﬁsh", "bob@example.org/cafe\u0301",
          "Bob@Example.org/Work", "BOB@EXAMPLE.ORG/name חיבה", "bob@example.org/👩‍👩‍👧",
          "bob@example.org/a b/c@d", "bob@example.org/soft\u00adhyphen"}) {
      CAPTURE(way, ann, bob);
      Play play(false);
      play.kill(play.ann);
      play.server.stamps = {{kAnn, ann}, {kBob, bob}};
      play.start_ann();
      play.start_bob();
      play.settle();
      play.bob_trusts_ann();
      play.send(some_content(5000), way);
      play.until_ended();
      play.check_arrived();
      CHECK(play.ann->job().peer == kBob);
      CHECK(play.ann->job().peer_full == Jid::parse(bob).value().str());
      play.check_nothing_left();
    }
}

}  // namespace names_test
