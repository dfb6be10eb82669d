// SPDX-License-Identifier: MIT
#include "service_settings.h"

#include <string>
#include <utility>

namespace xmppftd {

QueueConfig queue_config(const Config& config) {
  QueueConfig queue;
  queue.download_folder = config.download_dir;
  queue.on_exists = config.on_exists;
  queue.methods = config.methods;
  queue.max_active = config.limits.max_active;
  queue.max_active_per_peer = config.limits.max_active_per_peer;
  queue.attempts = config.retry.attempts;
  queue.first_delay = config.retry.first_delay;
  queue.max_delay = config.retry.max_delay;
  queue.give_up_after = config.queue.give_up_after;
  queue.answer_within = config.offers.answer_within;
  queue.expire = config.offers.expire;
  queue.resume_within = config.offers.resume_within;
  queue.max_pending = config.offers.max_pending;
  queue.max_pending_per_peer = config.offers.max_pending_per_peer;
  queue.daily_quota = config.offers.daily_quota;
  queue.keep_free = config.disk.min_free;
  queue.hash_before_offer_max = config.hash.before_offer_max;
  queue.keep_history = config.history.keep;
  queue.max_jobs = config.history.max_jobs;
  return queue;
}

WordChecks word_checks() {
  const auto outcome = [](const auto& parsed) {
    return parsed ? Result<void>() : Result<void>(parsed.error());
  };
  return {
      {"socks5.listen",
       [=](auto& word) {
         return outcome(S5bConfig::parse({{word}, {}, {}}));
       }},
      {"socks5.advertise",
       [=](auto& word) {
         return outcome(S5bConfig::parse({{}, {word}, {}}));
       }},
      {"socks5.proxies",
       [=](auto& word) {
         return outcome(S5bConfig::parse({{}, {}, {word}}));
       }},
      {"network.trusted", [=](auto& word) { return outcome(CidrSet::parse({word})); }},
  };
}

Result<SocketSettings> socket_settings(const Config& config) {
  const auto wrong = [](const char* key, const Error& why) {
    return Error{Errc::Config, std::string("config: error: ") + key + ": " + why.detail};
  };
  auto s5b =
      S5bConfig::parse({config.socks5.listen, config.socks5.advertise, config.socks5.proxies});
  if (!s5b) return wrong("socks5", s5b.error());
  s5b->direct = config.socks5.direct;
  s5b->use_server_proxy = config.socks5.use_server_proxy;
  auto trusted = CidrSet::parse(config.network.trusted);
  if (!trusted) return wrong("network.trusted", trusted.error());
  return SocketSettings{std::move(*s5b), AddressPolicy(std::move(*trusted))};
}

}  // namespace xmppftd
