// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include <openssl/evp.h>

#include <new>

namespace xmppftd {

struct Digest::Context {
  EVP_MD_CTX* handle = EVP_MD_CTX_new();
  Context() {
    if (handle == nullptr) throw std::bad_alloc();
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(handle); }
};

namespace {

const EVP_MD* implementation_of(HashAlgo algo) {
  switch (algo) {
    case HashAlgo::Md5: return EVP_md5();
    case HashAlgo::Sha1: return EVP_sha1();
    case HashAlgo::Sha256: return EVP_sha256();
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(HashAlgo algo) noexcept {
  switch (algo) {
    case HashAlgo::Md5: return "md5";
    case HashAlgo::Sha1: return "sha-1";
    case HashAlgo::Sha256: return "sha-256";
  }
  return "?";
}

std::optional<HashAlgo> hash_algo_from(std::string_view name) noexcept {
  for (auto algo : {HashAlgo::Md5, HashAlgo::Sha1, HashAlgo::Sha256})
    if (name == to_string(algo)) return algo;
  return std::nullopt;
}

Digest::Digest(HashAlgo algo) : algo_(algo), context_(std::make_unique<Context>()) {
  EVP_DigestInit_ex(context_->handle, implementation_of(algo), nullptr);
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(ByteView bytes) {
  EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size());
}

Hash Digest::finish() {
  std::uint8_t value[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context_->handle, value, &size);
  return {algo_, to_hex({value, size})};
}

Hash Digest::of(HashAlgo algo, ByteView bytes) {
  Digest digest(algo);
  digest.update(bytes);
  return digest.finish();
}

}  // namespace xmppftd
