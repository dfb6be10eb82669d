// SPDX-License-Identifier: MIT
#include "transport/s5b_transport.h"

#include <cassert>

#include "transport/s5b_incoming.h"
#include "transport/s5b_outgoing.h"
#include "xep/parse.h"

namespace xmppftd {
namespace {

struct Preparation final : Transport::Attempt {
  std::unique_ptr<S5bProxies::Wait> proxies;
  std::unique_ptr<Timer> next_turn;
};

}  // namespace

S5bTransport::S5bTransport(S5bContext context) : context_(std::move(context)) {
  context_.iq.handle(IqType::Set, "query", kNsBytestreams,
                     [this](IncomingIq iq) { requested(std::move(iq)); });
}

S5bTransport::~S5bTransport() { assert(expected_.empty()); }

std::unique_ptr<Transport::Attempt> S5bTransport::prepare(const StreamTerms& terms,
                                                          Callback<void()> ready) {
  // The listener needs no preparation: it is up before open() sends.
  auto preparation = std::make_unique<Preparation>();
  if (terms.proxy)
    preparation->proxies = context_.proxies.when_ready(std::move(ready));
  else
    preparation->next_turn = context_.timers.after({}, std::move(ready));
  return preparation;
}

Result<void> S5bTransport::can_open(const StreamTerms& terms) const {
  const bool ours = terms.direct && context_.config.direct &&
                    (!context_.config.advertise.empty() ||
                     !context_.policy.advertised(context_.network.interfaces()).empty());
  if (ours || (terms.proxy && !context_.proxies.hosts().empty())) return {};
  std::string why = "there is no address of ours to offer";
  if (!terms.direct) why = "no address of ours may be offered";
  if (!terms.proxy) return Error{Errc::NoCommonMethod, why + "; allow the proxy or another method"};
  // The search may still find one.
  const bool for_good = context_.proxies.searched_all();
  return Error{for_good ? Errc::NoCommonMethod : Errc::StreamFailed,
               why + " and no SOCKS5 proxy is known: the server " +
                   (for_good ? "lists none" : "has named none so far") +
                   "; name one in socks5.proxies, or allow another --method"};
}

std::unique_ptr<Transport::Attempt> S5bTransport::open(const StreamKey& key,
                                                       const StreamTerms& terms, Opened done) {
  return std::make_unique<S5bOutgoing>(context_, key, terms, std::move(done));
}

std::unique_ptr<Transport::Attempt> S5bTransport::expect(const StreamKey& key,
                                                         const StreamTerms& terms, Opened done) {
  return std::make_unique<S5bIncoming>(*this, key, terms, std::move(done));
}

bool S5bTransport::expects(const Jid& from, const Element& payload) const {
  return payload.is("query", kNsBytestreams) &&
         expected_.count({from, std::string(payload.attribute_or_empty("sid"))}) != 0;
}

void S5bTransport::requested(IncomingIq iq) {
  const auto sid = parse_sid("bytestreams sid", iq.payload().attribute_or_empty("sid"));
  if (!sid) return iq.fail(to_stanza_error(sid.error()));
  const auto found = expected_.find({iq.from(), *sid});
  if (found == expected_.end()) return iq.fail(StanzaError::of(Condition::NotAcceptable));
  auto query = BytestreamsQuery::parse(iq.payload());
  if (!query) return iq.fail(to_stanza_error(query.error()));
  found->second->offered(std::move(iq), *std::move(query));
}

}  // namespace xmppftd
