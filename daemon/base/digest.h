// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace xmppftd {

enum class HashAlgo { Md5, Sha1, Sha256 };

/// The name of XEP-0300 and IANA: "md5", "sha-1", "sha-256".
std::string_view to_string(HashAlgo algo) noexcept;
std::optional<HashAlgo> hash_algo_from(std::string_view name) noexcept;

/// One file's digest: which algorithm and its lower-case hexadecimal value.
struct Hash {
  HashAlgo algo = HashAlgo::Sha256;
  std::string hex;
  friend bool operator==(const Hash&, const Hash&) = default;
};

/// An incremental digest (libcrypto). Not thread-safe; may be moved between threads.
class Digest {
 public:
  explicit Digest(HashAlgo algo);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  HashAlgo algo() const noexcept { return algo_; }
  void update(ByteView bytes);
  /// Ends the digest; call once.
  Hash finish();

  static Hash of(HashAlgo algo, ByteView bytes);

 private:
  struct Context;
  HashAlgo algo_;
  std::unique_ptr<Context> context_;
};

}  // namespace xmppftd
