// SPDX-License-Identifier: MIT
#include "xep/element.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace xmppftd {
namespace {

/// Bytes that cannot be copied as they are: markup, C0 controls and the leads of longer characters.
consteval std::array<bool, 256> special_bytes() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i < 0x20 || i >= 0x80;
  for (unsigned char c : {'<', '>', '&', '"', '\''}) table[c] = true;
  return table;
}
constexpr auto kSpecial = special_bytes();

/// What stands for an ASCII special; "" drops it (XML 1.0 section 2.2 allows no other control).
/// White space is a reference where a parser would otherwise turn it into another.
std::string_view escape_of(char c, bool in_attribute) {
  switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&apos;";
    case '\r': return "&#13;";
    case '\n': return in_attribute ? "&#10;" : "\n";
    case '\t': return in_attribute ? "&#9;" : "\t";
    default: return "";
  }
}

void append_escaped(std::string& out, std::string_view text, bool in_attribute) {
  std::size_t plain = 0;  // start of the run not yet copied
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!kSpecial[byte]) {
      ++i;
      continue;
    }
    if (byte < 0x80) {
      out.append(text, plain, i - plain).append(escape_of(text[i], in_attribute));
      plain = ++i;
      continue;
    }
    const Utf8Character c = utf8_at(text, i);
    if (!c.valid || c.code == 0xfffe || c.code == 0xffff) {
      out.append(text, plain, i - plain);
      plain = i + c.length;
    }
    i += c.length;
  }
  out.append(text, plain, text.size() - plain);
}

void append_attribute(std::string& out, std::string_view key, std::string_view value) {
  out.append(1, ' ').append(key).append("='");
  append_escaped(out, value, true);
  out += '\'';
}

void append_element(std::string& out, const Element& element, std::string_view parent_xmlns) {
  out.append(1, '<').append(element.name);
  if (element.xmlns != parent_xmlns) append_attribute(out, "xmlns", element.xmlns);
  for (const auto& [key, value] : element.attributes) append_attribute(out, key, value);
  if (element.text.empty() && element.children.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  append_escaped(out, element.text, false);
  for (const auto& child : element.children) append_element(out, child, element.xmlns);
  out.append("</").append(element.name).append(1, '>');
}

/// A close guess for small stanzas, exact enough that a 64 KiB block is not copied twice.
std::size_t size_hint(const Element& element) {
  std::size_t size = 2 * element.name.size() + element.xmlns.size() + element.text.size() + 16;
  for (const auto& [key, value] : element.attributes) size += key.size() + value.size() + 4;
  for (const auto& child : element.children) size += size_hint(child);
  return size;
}

}  // namespace

std::optional<std::string_view> Element::attribute(std::string_view key) const noexcept {
  for (const auto& [name_, value] : attributes)
    if (name_ == key) return value;
  return std::nullopt;
}

std::string_view Element::attribute_or_empty(std::string_view key) const noexcept {
  return attribute(key).value_or(std::string_view());
}

const Element* Element::child(std::string_view child_name,
                              std::string_view child_xmlns) const noexcept {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Element& c) { return c.is(child_name, child_xmlns); });
  return found == children.end() ? nullptr : &*found;
}

const Element* Element::child_in_any_namespace(std::string_view child_name) const noexcept {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Element& c) { return c.name == child_name; });
  return found == children.end() ? nullptr : &*found;
}

Element& Element::set(std::string key, std::string value) & {
  for (auto& [name_, old] : attributes) {
    if (name_ == key) {
      old = std::move(value);
      return *this;
    }
  }
  attributes.emplace_back(std::move(key), std::move(value));
  return *this;
}

Element&& Element::set(std::string key, std::string value) && {
  static_cast<Element&>(*this).set(std::move(key), std::move(value));
  return std::move(*this);
}

Element& Element::add(Element child_element) & {
  children.push_back(std::move(child_element));
  return *this;
}

Element&& Element::add(Element child_element) && {
  children.push_back(std::move(child_element));
  return std::move(*this);
}

Element&& Element::with_text(std::string value) && {
  text = std::move(value);
  return std::move(*this);
}

std::string Element::to_xml(std::string_view parent_xmlns) const {
  std::string out;
  out.reserve(size_hint(*this));
  append_element(out, *this, parent_xmlns);
  return out;
}

}  // namespace xmppftd
