// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "model/namespaces.h"

namespace xmppftd {

/// What a resource says it can do (XEP-0030).
struct PeerFeatures {
  std::set<std::string, std::less<>> features;
  bool has(std::string_view feature) const { return features.find(feature) != features.end(); }
};

}  // namespace xmppftd
