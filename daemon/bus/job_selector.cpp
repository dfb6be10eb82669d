// SPDX-License-Identifier: MIT
#include "bus/job_selector.h"

#include "base/text.h"
#include "bus/names.h"
#include "model/jid.h"

namespace xmppftd {
namespace {

JobFilter read_common(Options& options) {
  JobFilter filter;
  if (const auto ids = options.take<std::vector<std::uint64_t>>("ids")) {
    if (ids->empty() || ids->size() > kMaxArray) throw invalid_args("ids: want 1 to 1000 jobs");
    filter.ids = *ids;
  }
  filter.batch = options.text("batch");
  if (const auto states = options.take<std::vector<std::string>>("state")) {
    for (const auto& word : *states) {
      const auto state = job_state_from(word);
      if (!state)
        throw invalid_args(
            "state: " + in_quotes(word, 60) +
            " is not one of queued, offered, connecting, active, paused, verifying, done, failed, "
            "cancelled");
      filter.states.push_back(*state);
    }
  }
  if (const auto direction = options.text("direction"); !direction.empty()) {
    if (direction != "out" && direction != "in") throw invalid_args("direction: want out or in");
    filter.direction = direction == "out" ? Direction::Out : Direction::In;
  }
  if (const auto account = options.take<sdbus::ObjectPath>("account")) {
    const auto id = account_of(*account);
    if (!id)
      throw invalid_args("account: " + in_quotes(*account) + " is not the path of an account");
    filter.account = *id;
  }
  if (const auto peer = options.text("peer"); !peer.empty()) {
    const auto jid = Jid::parse(peer);
    if (!jid) throw to_bus_error(jid.error());
    filter.peer = jid->str();
  }
  if (const auto since = options.take<std::uint64_t>("since"))
    filter.since = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(*since)));
  filter.text = options.text("text");
  return filter;
}

}  // namespace

JobFilter read_filter(const VariantMap& map) {
  Options options(map);
  JobFilter filter = read_common(options);
  const auto sort = options.text("sort");
  if (!sort.empty() && sort != "newest" && sort != "oldest")
    throw invalid_args("sort: want newest or oldest");
  filter.oldest_first = sort == "oldest";
  options.finish("ids, batch, state, direction, account, peer, since, text, sort");
  return filter;
}

JobFilter read_selector(const VariantMap& map) {
  if (map.empty()) throw invalid_args("the selector is empty; name jobs, or give all = true");
  Options options(map);
  JobFilter filter = read_common(options);
  const auto all = options.take<bool>("all");
  options.finish("ids, batch, state, direction, account, peer, since, text, all");
  if (all && !*all) throw invalid_args("all: only true means something");
  return filter;
}

}  // namespace xmppftd
