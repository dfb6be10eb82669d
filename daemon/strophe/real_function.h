// SPDX-License-Identifier: MIT
#pragma once

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace xmppftd {

/// The library's function that one of ours, of the same name and exported by this executable,
/// stands before: the dynamic linker gives libstrophe ours. Ends the process when there is none.
template <class F>
F* real_function(const char* name, F* /*ours*/) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::fprintf(stderr, "%s not found\n", name);
    std::abort();
  }
  return reinterpret_cast<F*>(found);
}

}  // namespace xmppftd
