// SPDX-License-Identifier: MIT
#include "support/xml.h"

#include <expat.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace xmppftd::test {
namespace {

constexpr char kSeparator = '\x1f';
constexpr std::string_view kXmlLang = "http://www.w3.org/XML/1998/namespace\x1flang";

struct Tree {
  std::vector<Element> open{Element()};  // the last is the innermost one

  void start(std::string_view qualified, const XML_Char** attributes) {
    const auto cut = qualified.find(kSeparator);
    Element element = cut == std::string_view::npos
                          ? Element(std::string(qualified), "")
                          : Element(std::string(qualified.substr(cut + 1)),
                                    std::string(qualified.substr(0, cut)));
    for (; *attributes; attributes += 2) {
      const std::string_view key = attributes[0];
      if (key == kXmlLang)
        element.set("xml:lang", attributes[1]);
      else if (key.find(kSeparator) == std::string_view::npos)
        element.set(std::string(key), attributes[1]);
    }
    open.push_back(std::move(element));
  }

  void end() {
    Element done = std::move(open.back());
    open.pop_back();
    open.back().add(std::move(done));
  }
};

}  // namespace

Element parse_xml(std::string_view xml) {
  const std::string wrapped = "<stream xmlns='jabber:client'>" + std::string(xml) + "</stream>";
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS("UTF-8", kSeparator), &XML_ParserFree);
  Tree tree;
  XML_SetUserData(parser.get(), &tree);
  XML_SetElementHandler(
      parser.get(),
      [](void* data, const XML_Char* name, const XML_Char** attributes) {
        static_cast<Tree*>(data)->start(name, attributes);
      },
      [](void* data, const XML_Char*) { static_cast<Tree*>(data)->end(); });
  XML_SetCharacterDataHandler(parser.get(), [](void* data, const XML_Char* text, int length) {
    static_cast<Tree*>(data)->open.back().text.append(text, static_cast<std::size_t>(length));
  });
  if (XML_Parse(parser.get(), wrapped.data(), static_cast<int>(wrapped.size()), XML_TRUE) !=
      XML_STATUS_OK)
    throw std::runtime_error(XML_ErrorString(XML_GetErrorCode(parser.get())));
  const Element& stream = tree.open.front().children.front();
  if (stream.children.size() != 1) throw std::runtime_error("parse_xml wants exactly one element");
  return stream.children.front();
}

}  // namespace xmppftd::test
