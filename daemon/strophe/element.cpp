// SPDX-License-Identifier: MIT
#include "strophe/element.h"

#include <string_view>
#include <vector>

namespace xmppftd {
namespace {

void copy_attributes(xmpp_stanza_t* stanza, Element& element) {
  const int count = xmpp_stanza_get_attribute_count(stanza);
  if (count <= 0) return;
  std::vector<const char*> pairs(2 * static_cast<std::size_t>(count));
  xmpp_stanza_get_attributes(stanza, pairs.data(), static_cast<int>(pairs.size()));
  element.attributes.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    // Where libstrophe keeps the namespace.
    if (std::string_view(pairs[i]) != "xmlns")
      element.attributes.emplace_back(pairs[i], pairs[i + 1]);
  }
}

std::string_view or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

Element to_element(xmpp_stanza_t* stanza) {
  Element element(std::string(or_empty(xmpp_stanza_get_name(stanza))),
                  std::string(or_empty(xmpp_stanza_get_ns(stanza))));
  copy_attributes(stanza, element);
  for (xmpp_stanza_t* child = xmpp_stanza_get_children(stanza); child != nullptr;
       child = xmpp_stanza_get_next(child)) {
    if (xmpp_stanza_is_text(child) != 0)
      element.text.append(or_empty(xmpp_stanza_get_text_ptr(child)));
    else
      element.children.push_back(to_element(child));
  }
  return element;
}

}  // namespace xmppftd
