// SPDX-License-Identifier: MIT
// Preloaded into a daemon by tests/bench/honesty, it takes away what a promise costs: nothing is
// made to last, and no content is read again or digested. The daemon itself has no switch for that.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

/// Does this thread move, read or digest contents, and nothing else?
bool is_of_files() {
  static thread_local const bool is = [] {
    char name[16] = {};
    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
           std::strncmp(name, "xmppft-", 7) == 0;
  }();
  return is;
}
/// And of these one that reads what is there again.
bool is_hasher() {
  static thread_local const bool is = [] {
    char name[16] = {};
    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
           std::strcmp(name, "xmppft-hash") == 0;
  }();
  return is;
}

bool is_without(const char* word) {
  const char* words = std::getenv("XMPPFT_WITHOUT");
  return words != nullptr && std::strstr(words, word) != nullptr;
}
bool without_sync() {
  static const bool is = is_without("sync");
  return is;
}
bool without_digest() {
  static const bool is = is_without("digest");
  return is;
}

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int fd) {
  static auto* const sync = real<decltype(fsync)>("fsync");
  return without_sync() ? 0 : sync(fd);
}
int fdatasync(int fd) {
  static auto* const sync = real<decltype(fdatasync)>("fdatasync");
  return without_sync() ? 0 : sync(fd);
}
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  static auto* const sync = real<decltype(sync_file_range)>("sync_file_range");
  return without_sync() ? 0 : sync(fd, offset, size, flags);
}

int EVP_DigestUpdate(EVP_MD_CTX* context, const void* data, size_t size) {
  static auto* const update = real<decltype(EVP_DigestUpdate)>("EVP_DigestUpdate");
  return without_digest() && is_of_files() ? 1 : update(context, data, size);
}

ssize_t pread64(int fd, void* buffer, size_t size, off64_t offset) {
  static auto* const read = real<decltype(pread64)>("pread64");
  return without_digest() && is_hasher() ? static_cast<ssize_t>(size)
                                         : read(fd, buffer, size, offset);
}
}
