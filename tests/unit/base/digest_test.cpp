// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include <catch2/catch.hpp>

namespace digest_test {

using namespace xmppftd;

TEST_CASE("digest: the vectors of RFC 1321 and FIPS 180", "[digest]") {
  CHECK(Digest::of(HashAlgo::Md5, view_of("abc")).hex == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(Digest::of(HashAlgo::Sha1, view_of("abc")).hex ==
        "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(Digest::of(HashAlgo::Sha256, view_of("abc")).hex ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("digest: pieces hash like the whole", "[digest]") {
  Digest digest(HashAlgo::Sha256);
  digest.update(view_of("a"));
  Digest moved = std::move(digest);
  moved.update(view_of("bc"));
  CHECK(moved.finish() == Digest::of(HashAlgo::Sha256, view_of("abc")));
}

TEST_CASE("digest: names are those of XEP-0300", "[digest]") {
  CHECK(hash_algo_from("sha-256") == HashAlgo::Sha256);
  CHECK(to_string(HashAlgo::Md5) == "md5");
  CHECK_FALSE(hash_algo_from("SHA256"));
}

}  // namespace digest_test
