// SPDX-License-Identifier: MIT
#include "strophe/roster_reader.h"

#include <string>
#include <utility>

#include "model/namespaces.h"
#include "strophe/xml_events.h"
#include "xep/roster.h"

namespace xmppftd {
namespace {

bool is(std::string_view name, std::string_view local) {
  return name.size() == kNsRoster.size() + 1 + local.size() && name.starts_with(kNsRoster) &&
         name[kNsRoster.size()] == kNameSeparator && name.ends_with(local);
}

Element element(std::string_view local) { return {std::string(local), std::string(kNsRoster)}; }

/// Those without a namespace. False when one is too long to be kept.
bool copy_attributes(const char** attributes, Element& to) {
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view key = attributes[0];
    const std::string_view value = attributes[1];
    if (key.size() > RosterReader::kMaxValue || value.size() > RosterReader::kMaxValue)
      return false;
    if (key.find(kNameSeparator) == key.npos) to.attributes.emplace_back(key, value);
  }
  return true;
}

}  // namespace

void RosterReader::start(unsigned depth, std::string_view name, const char** attributes) {
  if (depth == 2 && is(name, "query") && query_.name.empty()) {
    query_ = element("query");
    copy_attributes(attributes, query_);
    open_ = true;
  } else if (depth == 3 && is(name, "item") && open_) {
    start_item(attributes);
  } else if (depth == 4 && is(name, "group") && in_ == In::Item) {
    item_.children.push_back(element("group"));
    in_ = In::Group;
  }
}

void RosterReader::start_item(const char** attributes) {
  item_ = element("item");
  const bool kept = query_.children.size() < kMaxItems && copy_attributes(attributes, item_);
  in_ = kept ? In::Item : In::Nothing;
  if (!kept) ++items_left_out_;
}

void RosterReader::text(unsigned depth, std::string_view piece) {
  if (depth != 4 || in_ != In::Group) return;
  auto& name = item_.children.back().text;
  if (name.size() < kMaxGroupName) name.append(piece.substr(0, kMaxGroupName - name.size()));
}

void RosterReader::end(unsigned depth) {
  if (depth == 4 && in_ == In::Group) {
    in_ = In::Item;
    group_bytes_ += item_.children.back().text.size() + sizeof(Element);
    if (group_bytes_ <= kMaxGroupBytes) return;
    item_.children.pop_back();
    ++groups_left_out_;
  } else if (depth == 3 && in_ == In::Item) {
    in_ = In::Nothing;
    query_.children.push_back(std::move(item_));
  } else if (depth == 2) {
    open_ = false;
  }
}

Element RosterReader::take() {
  auto done = std::exchange(*this, RosterReader());
  if (done.items_left_out_ + done.groups_left_out_ > 0)
    done.query_.add(Element("left-out", std::string(kNsLeftOut))
                        .set("items", std::to_string(done.items_left_out_))
                        .set("groups", std::to_string(done.groups_left_out_)));
  return std::move(done.query_);
}

}  // namespace xmppftd
