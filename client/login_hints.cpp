// SPDX-License-Identifier: MIT
#include "login_hints.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace xmppftctl {
namespace {

struct Hint {
  std::string_view reason;
  std::string_view remedy;  ///< with ID and FINGERPRINT to be filled in
};

constexpr Hint kHints[] = {
    // The way to the server
    {"no-dns",
     "is the network up, and does its resolver work (/etc/resolv.conf)? An address needs none: "
     "xmppftctl account set ID --server ADDRESS[:PORT]"},
    {"dns",
     "check the spelling of the part behind the @, or name the host: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    {"no-service",
     "if you know a host that serves it all the same: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    {"no-network", "is this machine online? The daemon goes on trying"},
    {"unreachable",
     "is the server up? To name another host or port: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    {"not-xmpp",
     "something else listens there; name the host and port of the XMPP server: "
     "xmppftctl account set ID --server HOST:PORT"},
    {"backoff", "to try at once: xmppftctl account connect ID"},
    // The stream
    {"host-unknown",
     "check the spelling of the part behind the @, or name another host: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    {"redirected",
     "the server's operator can tell which host to use: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    {"server", "the daemon goes on trying; the server's operator may know more"},
    {"protocol",
     "the server's operator should know; another host or port: "
     "xmppftctl account set ID --server HOST[:PORT]"},
    // Encryption
    {"ca-file",
     "name a file with the authority's certificate in PEM (-----BEGIN CERTIFICATE-----), or \"\" "
     "for the system's authorities: xmppftctl account set ID --ca FILE"},
    {"no-tls",
     "a password is never sent without encryption. If the server has a port for TLS alone: "
     "xmppftctl account set ID --server HOST:5223"},
    {"tls-handshake", "the server's TLS is too old or broken; its operator can mend it"},
    {"tls",
     "if you know that this is your server: xmppftctl account set ID --pin FINGERPRINT; if you "
     "have "
     "its authority's certificate: xmppftctl account set ID --ca FILE"},
    {"pin",
     "if you know that your server has a new certificate: "
     "xmppftctl account set ID --pin FINGERPRINT"},
    {"clock",
     "set this machine's clock (timedatectl set-ntp true, or date -s), then: "
     "xmppftctl account connect ID"},
    {"wrong-domain",
     "is it the right server for this address? Name another: "
     "xmppftctl account set ID --server HOST[:PORT]; or add the account that it serves: "
     "xmppftctl account add YOU@DOMAIN"},
    // The password
    {"no-password", "run 'xmppftctl account passwd ID'"},
    {"auth", "run 'xmppftctl account passwd ID'"},
    {"auth-plain",
     "if the password may be wrong, run 'xmppftctl account passwd ID'; if it is right, the server "
     "keeps it in a form that only PLAIN serves: xmppftctl account set ID --allow-plain"},
    {"expired", "change it at the server, then run 'xmppftctl account passwd ID'"},
    {"disabled", "ask the server's operator, then: xmppftctl account connect ID"},
    {"plain",
     "to let the server see the password, inside TLS: xmppftctl account set ID --allow-plain"},
    {"no-mechanism", "the server's operator would have to offer SCRAM or PLAIN"},
    {"auth-trouble", "later: xmppftctl account connect ID"},
    // The resource
    {"bind-refused", "log out elsewhere, then: xmppftctl account connect ID"},
    {"conflict",
     "another program uses this resource; take another: "
     "xmppftctl account set ID --resource NAME"},
};

std::string filled(std::string_view remedy, const Account& account) {
  std::string text(remedy);
  const auto fill = [&](std::string_view word, const std::string& value) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + value.size()))
      text.replace(at, word.size(), value);
  };
  fill("ID", account.id);
  const auto fingerprint = value_of<std::string>(account.server, "certificate");
  if (!fingerprint.empty()) fill("FINGERPRINT", fingerprint);
  return text;
}

}  // namespace

std::string login_hint(const Account& account) {
  if (account.state == "online") return "";
  const auto* row = std::find_if(std::begin(kHints), std::end(kHints),
                                 [&](const Hint& one) { return one.reason == account.reason; });
  return row == std::end(kHints) ? "" : filled(row->remedy, account);
}

}  // namespace xmppftctl
