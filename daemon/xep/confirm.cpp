// SPDX-License-Identifier: MIT
#include "xep/confirm.h"

#include "model/namespaces.h"
#include "xep/parse.h"
#include "xep/xep0300_hashes.h"

namespace xmppftd {

Element confirm_marker() { return {"confirm", std::string(kNsConfirm)}; }

bool has_confirm_marker(const Element& si) noexcept {
  return si.child("confirm", kNsConfirm) != nullptr;
}

Result<ConfirmDone> ConfirmDone::parse(const Element& done) {
  ConfirmDone parsed;
  auto sid = parse_sid("done sid", done.attribute_or_empty("sid"));
  if (!sid) return sid.error();
  parsed.sid = *std::move(sid);
  for (const auto& child : done.children) {
    if (!child.is("hash", kNsHashes)) continue;
    auto hash = parse_hash(child);
    if (!hash) return hash.error();
    if (*hash) parsed.hash = *std::move(hash);
  }
  return parsed;
}

Element ConfirmDone::build() const {
  auto done = Element("done", std::string(kNsConfirm)).set("sid", sid);
  if (hash) done.add(build_hash(*hash));
  return done;
}

Result<ConfirmWithdrawn> ConfirmWithdrawn::parse(const Element& withdrawn) {
  auto sid = parse_sid("withdrawn sid", withdrawn.attribute_or_empty("sid"));
  if (!sid) return sid.error();
  const auto again = withdrawn.attribute_or_empty("again");
  return ConfirmWithdrawn{*std::move(sid), again == "true" || again == "1"};
}

Element ConfirmWithdrawn::build() const {
  auto withdrawn = Element("withdrawn", std::string(kNsConfirm)).set("sid", sid);
  if (again) withdrawn.set("again", "true");
  return withdrawn;
}

}  // namespace xmppftd
