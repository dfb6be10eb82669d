// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xep/element.h"
#include "xep/xep0004_data_form.h"

// Service Discovery (XEP-0030, XEP-0128).
namespace xmppftd {

struct DiscoIdentity {
  std::string category;
  std::string type;
  std::string name;
  std::string lang;  ///< xml:lang of the element itself
  friend bool operator==(const DiscoIdentity&, const DiscoIdentity&) = default;
};

/// `<query xmlns='…disco#info'/>`; without content it is a request. What the peer repeats is kept
/// repeated, so that caps can refuse it (XEP-0115 section 5.4). Errors of parse: Protocol past 128
/// identities, 1024 features, 32 forms.
struct DiscoInfo {
  std::string node;
  std::vector<DiscoIdentity> identities;
  std::vector<std::string> features;
  std::vector<DataForm> forms;

  bool has_feature(std::string_view var) const noexcept;
  bool has_identity(std::string_view category, std::string_view type) const noexcept;

  static Result<DiscoInfo> parse(const Element& query);
  Element build() const;
};

struct DiscoItem {
  std::string jid;
  std::string node;
  std::string name;  ///< the peer's free text: never choose by it
  friend bool operator==(const DiscoItem&, const DiscoItem&) = default;
};

/// `<query xmlns='…disco#items'/>`. Items without JID and those past 1024 are skipped: a server
/// with many rooms still has a proxy.
struct DiscoItems {
  std::string node;
  std::vector<DiscoItem> items;
  std::size_t left_out = 0;  ///< items past 1024, which were not read

  static DiscoItems parse(const Element& query);
  Element build() const;
};

}  // namespace xmppftd
