// SPDX-License-Identifier: MIT
#include "xep/xep0300_hashes.h"

#include "base/bytes.h"
#include "model/namespaces.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

std::size_t digest_size(HashAlgo algo) {
  switch (algo) {
    case HashAlgo::Md5: return 16;
    case HashAlgo::Sha1: return 20;
    case HashAlgo::Sha256: return 32;
  }
  return 0;
}

}  // namespace

Result<std::optional<Hash>> parse_hash(const Element& hash) {
  const auto name = hash.attribute_or_empty("algo");
  const auto algo = hash_algo_from(name);
  if (!algo) return std::optional<Hash>();
  const auto bytes = from_base64(hash.text);
  if (!bytes || bytes->size() != digest_size(*algo))
    return broken("hash of algo", name, "must be base64 of the digest (XEP-0300 section 3)");
  return std::optional(Hash{*algo, to_hex(*bytes)});
}

Element build_hash(const Hash& hash) {
  const auto bytes = from_hex(hash.hex).value_or(Bytes());
  return Element("hash", std::string(kNsHashes))
      .set("algo", std::string(to_string(hash.algo)))
      .with_text(to_base64(bytes));
}

}  // namespace xmppftd
