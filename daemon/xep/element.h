// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xmppftd {

/// One XML element as our own plain tree: what the XMPP thread copies a received stanza into, what
/// payload types are parsed from and built as. Attributes are un-namespaced ones and "xml:lang"
/// only; `text` is all character data that stands directly in the element,
/// joined. A value: copies are deep.
struct Element {
  std::string name;
  std::string xmlns;  ///< effective namespace URI, inherited already
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;
  std::vector<Element> children;

  Element() = default;
  Element(std::string element_name, std::string element_xmlns)
      : name(std::move(element_name)), xmlns(std::move(element_xmlns)) {}

  bool is(std::string_view wanted_name, std::string_view wanted_xmlns) const noexcept {
    return name == wanted_name && xmlns == wanted_xmlns;
  }

  /// The attribute's value, or nothing when it is absent.
  std::optional<std::string_view> attribute(std::string_view key) const noexcept;
  /// The attribute's value, or "" when it is absent.
  std::string_view attribute_or_empty(std::string_view key) const noexcept;
  /// The first child of that name and namespace, or null.
  const Element* child(std::string_view child_name, std::string_view child_xmlns) const noexcept;
  /// COMPAT: the first child of that name in whatever namespace, for peers that forget xmlns.
  const Element* child_in_any_namespace(std::string_view child_name) const noexcept;

  // Building, chained on temporaries:
  // Element("x", ns).set("a", "1").add(Element("y", ns).with_text("t"))
  Element& set(std::string key, std::string value) &;
  Element&& set(std::string key, std::string value) &&;
  Element& add(Element child_element) &;
  Element&& add(Element child_element) &&;
  Element&& with_text(std::string value) &&;

  /// Serialised XML, escaped; xmlns is written where it differs from `parent_xmlns`.
  std::string to_xml(std::string_view parent_xmlns = "") const;
};

}  // namespace xmppftd
