// SPDX-License-Identifier: MIT
#include "xep/confirm.h"

#include "model/namespaces.h"
#include "xep/parse.h"
#include "xep/xep0300_hashes.h"

namespace xmppftd {

std::optional<ConfirmMarker> ConfirmMarker::find(const Element& si) {
  const auto* confirm = si.child("confirm", kNsConfirm);
  if (confirm == nullptr) return std::nullopt;
  auto id = parse_sid("file-id", confirm->attribute_or_empty("file-id"));
  return ConfirmMarker{id ? *std::move(id) : ""};
}

Element ConfirmMarker::build() const {
  auto confirm = Element("confirm", std::string(kNsConfirm));
  if (!file_id.empty()) confirm.set("file-id", file_id);
  return confirm;
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
