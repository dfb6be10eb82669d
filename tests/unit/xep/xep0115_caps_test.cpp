// SPDX-License-Identifier: MIT
#include "xep/xep0115_caps.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "support/xml.h"

namespace xep0115_caps_test {

using namespace xmppftd;
using test::parse_xml;

namespace {

DiscoInfo exodus() {
  DiscoInfo info;
  info.identities = {{"client", "pc", "Exodus 0.9.1", ""}};
  info.features = {"http://jabber.org/protocol/muc", "http://jabber.org/protocol/caps",
                   "http://jabber.org/protocol/disco#items",
                   "http://jabber.org/protocol/disco#info"};
  return info;
}

// XEP-0115 section 5.3, as printed
constexpr const char* kPsi = R"(<query xmlns='http://jabber.org/protocol/disco#info'
         node='http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w='>
    <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
    <identity xml:lang='el' category='client' name='&#936; 0.11' type='pc'/>
    <feature var='http://jabber.org/protocol/caps'/>
    <feature var='http://jabber.org/protocol/disco#info'/>
    <feature var='http://jabber.org/protocol/disco#items'/>
    <feature var='http://jabber.org/protocol/muc'/>
    <x xmlns='jabber:x:data' type='result'>
      <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
      <field var='ip_version' type='text-multi' ><value>ipv4</value><value>ipv6</value></field>
      <field var='os'><value>Mac</value></field>
      <field var='os_version'><value>10.5.1</value></field>
      <field var='software'><value>Psi</value></field>
      <field var='software_version'><value>0.11</value></field>
    </x>
  </query>)";

DiscoInfo psi() { return *DiscoInfo::parse(parse_xml(kPsi)); }

FormField form_type(std::string type, std::vector<std::string> values) {
  return {"FORM_TYPE", std::move(type), std::move(values), {}};
}

}  // namespace

TEST_CASE("caps: the simple example (XEP-0115 section 5.2)", "[caps]") {
  CHECK(*caps_ver(exodus()) == "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

TEST_CASE("caps: the complex example (XEP-0115 section 5.3)", "[caps]") {
  CHECK(*caps_ver(psi()) == "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST_CASE("caps: the order of the answer does not matter", "[caps]") {
  auto info = psi();
  std::reverse(info.identities.begin(), info.identities.end());
  std::reverse(info.features.begin(), info.features.end());
  std::reverse(info.forms[0].fields.begin(), info.forms[0].fields.end());
  for (auto& field : info.forms[0].fields) std::reverse(field.values.begin(), field.values.end());
  CHECK(*caps_ver(info) == "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST_CASE("caps: everything that counts changes the string", "[caps]") {
  const auto change = GENERATE(0, 1, 2, 3, 4);
  auto info = psi();
  if (change == 0) info.features.pop_back();
  if (change == 1) info.identities[0].name = "Psi 0.12";
  if (change == 2) info.forms[0].fields.back().values = {"0.12"};
  if (change == 3) info.forms.clear();
  if (change == 4) info.identities[0].lang = "fr";
  CHECK(*caps_ver(info) != "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST_CASE("caps: forms without hidden FORM_TYPE are ignored (XEP-0115 section 5.4)", "[caps]") {
  auto info = exodus();
  info.forms.push_back({"result", {{"os", "", {"Mac"}, {}}}});
  info.forms.push_back({"result", {form_type("text-single", {"t"}), {"os", "", {"Mac"}, {}}}});
  info.forms.push_back({"result", {form_type("hidden", {}), {"os", "", {"Mac"}, {}}}});
  CHECK(*caps_ver(info) == "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

TEST_CASE("caps: ill-formed answers are refused (XEP-0115 section 5.4)", "[caps]") {
  auto info = psi();
  const auto flaw = GENERATE(0, 1, 2, 3, 4, 5);
  if (flaw == 0) info.identities.push_back(info.identities[0]);
  if (flaw == 1) info.features.push_back(info.features[0]);
  if (flaw == 2) info.forms.push_back(info.forms[0]);
  if (flaw == 3) info.forms[0].fields[0] = form_type("hidden", {"a", "b"});
  if (flaw == 4) info.features.push_back("a<b");
  if (flaw == 5) info.identities[0].name = "Psi<http://jabber.org/protocol/si";
  const auto ver = caps_ver(info);
  REQUIRE_FALSE(ver);
  CHECK(ver.error().code == Errc::Protocol);
}

TEST_CASE("caps: one FORM_TYPE value said twice is still one (XEP-0115 section 5.4)", "[caps]") {
  auto info = psi();
  info.forms[0].fields[0].values.push_back(info.forms[0].fields[0].values[0]);
  CHECK(caps_ver(info).ok());
}

TEST_CASE("caps: read from a presence (XEP-0115 example 1) and written", "[caps]") {
  const auto caps = Caps::parse(parse_xml(R"(<presence><c xmlns='http://jabber.org/protocol/caps'
     hash='sha-1' node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>)"));
  REQUIRE(caps);
  CHECK(caps->disco_node() == "http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0=");
  CHECK(caps->is_checkable());
  CHECK(Caps::parse(Element("presence", "jabber:client").add(caps->build())) == caps);
}

TEST_CASE("caps: absent, legacy, incomplete or huge ones are none", "[caps]") {
  const auto* c = GENERATE(
      "<presence/>",
      "<presence><c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/></presence>",
      "<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' ver='v'/></presence>",
      "<presence><c hash='sha-1' node='n' ver='v'/></presence>");
  CHECK_FALSE(Caps::parse(parse_xml(c)));
  const Caps huge{std::string(2000, 'n'), "v", "sha-1"};
  CHECK_FALSE(Caps::parse(Element("presence", "jabber:client").add(huge.build())));
  CHECK_FALSE((Caps{"n", "v", "sha-256"}).is_checkable());
}

}  // namespace xep0115_caps_test
