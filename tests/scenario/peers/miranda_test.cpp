// SPDX-License-Identifier: MIT
// Miranda NG: protocols/JabberG/src/jabber_ft.cpp, jabber_ibb.cpp.
#include "scenario/peers/foreign_peer.h"

using namespace xmppftd;
using namespace xmppftd::test;

TEST_CASE("Miranda NG: sends in-band in messages, nothing acknowledged", "[peers]") {
  PeerPlay play("Miranda", PeerPlay::si_and({kS5bNs, kIbbNs}));
  const auto content = some_content(5000);
  play.ann_trusts_bob();
  play.peer.says("<iq type='set' id='mir_17' to='" + kAnnJid +
                 "'><si xmlns='http://jabber.org/protocol/si' id='7c3e21a0' "
                 "mime-type='binary/octet-stream' "
                 "profile='http://jabber.org/protocol/si/profile/file-transfer'>"
                 "<file xmlns='http://jabber.org/protocol/si/profile/file-transfer' "
                 "name='notes.txt' size='5000'><desc/></file>"
                 "<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' "
                 "type='form'>"
                 "<field var='stream-method' type='list-single'><option><value>" +
                 kIbbNs + "</value></option></field></x></feature></si></iq>");
  play.peer.hears("<iq type='result' id='mir_17'>" + PeerPlay::submit(kIbbNs) + "</iq>");
  CHECK(play.ann->job().file.description.empty());
  play.peer.says("<iq type='set' id='mir_18' to='" + kAnnJid + "'><open xmlns='" + kIbbNs +
                 "' sid='7c3e21a0' block-size='2048' stanza='message'/></iq>");
  play.peer.hears("<iq type='result' id='mir_18'/>");
  int seq = 0;
  for (std::size_t at = 0; at < content.size(); at += 2048, ++seq)
    play.peer.says("<message to='" + kAnnJid + "'><data xmlns='" + kIbbNs +
                   "' sid='7c3e21a0' seq='" + std::to_string(seq) + "'>" +
                   to_base64(view_of(content.substr(at, 2048))) +
                   "</data><amp xmlns='http://jabber.org/protocol/amp'><rule "
                   "condition='deliver-at' value='stored' "
                   "action='error'/><rule condition='match-resource' value='exact' "
                   "action='error'/></amp></message>");
  play.peer.hears_nothing();
  play.peer.says("<iq type='set' id='mir_19' to='" + kAnnJid + "'><close xmlns='" + kIbbNs +
                 "' sid='7c3e21a0'/></iq>");
  play.peer.hears("<iq type='result' id='mir_19'/>");
  play.check_ann_has(content);
}
