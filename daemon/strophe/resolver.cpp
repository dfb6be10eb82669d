// SPDX-License-Identifier: MIT
#include "strophe/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "strophe/host.h"

namespace xmppftd {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kDefaultPort = 5222;
constexpr std::size_t kMaxTargets = 8;
constexpr std::size_t kMaxCandidates = 16;
constexpr int kMaxThreads = 64;  // that a silent resolver may hold at a time
constexpr auto kSrvPatience = 7s;
constexpr auto kAddressPatience = 8s;

bool is_v6(const Candidate& candidate) { return candidate.address.find(':') != std::string::npos; }

/// False when there are too many threads already, or no more to be had.
bool start_thread(std::function<void()> work) {
  static std::atomic<int> threads{0};
  if (++threads > kMaxThreads) return --threads, false;
  try {
    std::thread([work = std::move(work)] {
      work();
      --threads;
    }).detach();
    return true;
  } catch (const std::system_error&) {
    return --threads, false;
  }
}

/// Asks blocking questions side by side. What is not answered when `patience` is over stays empty,
/// and so does what lets one that is answered wait for more than a quarter of it.
template <class T>
std::vector<std::optional<T>> ask(std::vector<std::function<T()>> questions,
                                  std::chrono::milliseconds patience) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable answered;
    std::size_t left;
    std::vector<std::optional<T>> answers;
  };
  const auto shared = std::make_shared<Shared>();
  shared->left = questions.size();
  shared->answers.resize(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const bool started = start_thread([shared, i, question = std::move(questions[i])] {
      T answer = question();
      const std::lock_guard lock(shared->mutex);
      shared->answers[i] = std::move(answer);
      --shared->left;
      shared->answered.notify_all();
    });
    if (started) continue;
    const std::lock_guard lock(shared->mutex);
    --shared->left;
  }
  std::unique_lock lock(shared->mutex);
  const auto end = std::chrono::steady_clock::now() + patience;
  const std::size_t all = shared->left;
  shared->answered.wait_until(lock, end, [&] { return shared->left < all || all == 0; });
  shared->answered.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + patience / 4),
                              [&] { return shared->left == 0; });
  return shared->answers;
}

// ---- SRV ----

struct SrvAnswer {
  std::vector<SrvRecord> records;
  int error = 0;  // h_errno's; 0 = none
};

SrvAnswer ask_srv(const std::string& name, TlsWay way) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return {{}, TRY_AGAIN};
  state.retrans = 2;
  state.retry = 2;
  Bytes answer(NS_MAXMSG);
  const int size = res_nquery(&state, name.c_str(), ns_c_in, ns_t_srv, answer.data(),
                              static_cast<int>(answer.size()));
  const int error = size > 0 ? 0 : state.res_h_errno;
  res_nclose(&state);
  if (size <= 0) return {{}, error};
  answer.resize(std::min(static_cast<std::size_t>(size), answer.size()));
  SrvAnswer result{parse_srv_answer(answer), 0};
  for (auto& record : result.records) record.way = way;
  return result;
}

bool is_root(const SrvRecord& record) { return record.target.empty() || record.target == "."; }

std::string told(const std::string& name, const std::optional<SrvAnswer>& answer) {
  std::string text = name + ": ";
  if (!answer || answer->error == TRY_AGAIN) return text + "the resolver gave no answer";
  if (answer->records.empty()) return text + "no records";
  for (const auto& record : answer->records)
    text += (is_root(record) ? "not offered"
                             : log::printable(record.target) + ":" + std::to_string(record.port)) +
            " ";
  text.pop_back();
  return text;
}

/// The targets to try, best first; none when there are no records.
std::vector<SrvRecord> targets_of(const std::string& domain, LookupAnswer& out) {
  const std::string names[] = {"_xmpp-client._tcp." + domain, "_xmpps-client._tcp." + domain};
  const auto answers =
      ask<SrvAnswer>({[name = names[0]] { return ask_srv(name, TlsWay::StartTls); },
                      [name = names[1]] { return ask_srv(name, TlsWay::Direct); }},
                     kSrvPatience);
  std::vector<SrvRecord> targets;
  for (std::size_t i : {0u, 1u}) {
    out.steps.push_back(told(names[i], answers[i]));
    if (answers[i])
      targets.insert(targets.end(), answers[i]->records.begin(), answers[i]->records.end());
  }
  const bool denied = answers[0] && !answers[0]->records.empty() &&
                      std::all_of(targets.begin(), targets.end(), is_root);
  if (denied)
    out.why = {AccountReason::NoService, domain + " says that it has no XMPP service", ""};
  std::erase_if(targets, is_root);
  std::minstd_rand random{std::random_device{}()};
  order_srv(targets, [&](std::uint32_t highest) {
    return std::uniform_int_distribution<std::uint32_t>(0, highest)(random);
  });
  if (targets.size() > kMaxTargets) {
    out.steps.push_back(std::to_string(targets.size() - kMaxTargets) + " more targets left out");
    targets.resize(kMaxTargets);
  }
  return targets;
}

// ---- addresses ----

struct Addresses {
  std::vector<std::string> literals;
  int error = 0;  // getaddrinfo's
};

/// No AI_ADDRCONFIG: a name of /etc/hosts may well mean this machine, and what cannot be reached
/// fails at once.
Addresses ask_addresses(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = is_address(host) ? AI_NUMERICHOST : 0;
  addrinfo* list = nullptr;
  Addresses result;
  result.error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (result.error != 0) return result;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0)
      result.literals.emplace_back(text);
  }
  freeaddrinfo(list);
  return result;
}

std::vector<std::optional<Addresses>> addresses_of(const std::vector<SrvRecord>& targets) {
  if (targets.size() == 1 && is_address(targets[0].target))
    return {ask_addresses(targets[0].target)};
  std::vector<std::function<Addresses()>> questions;
  for (const auto& target : targets)
    questions.push_back([host = target.target] { return ask_addresses(host); });
  return ask<Addresses>(std::move(questions), kAddressPatience);
}

void append_candidates(const std::vector<SrvRecord>& targets, LookupAnswer& out) {
  const auto answers = addresses_of(targets);
  bool silent = false;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto& [priority, weight, port, host, way] = targets[i];
    const int error = answers[i] ? answers[i]->error : EAI_AGAIN;
    if (error != 0) {
      silent |= error == EAI_AGAIN;
      out.steps.push_back(log::printable(host) + ": " + gai_strerror(error));
      continue;
    }
    std::vector<Candidate> found;
    for (const auto& literal : answers[i]->literals)
      found.push_back({literal, port, way, false, literal == host ? "" : host});
    for (auto& candidate : interleaved(std::move(found))) {
      if (out.candidates.size() < kMaxCandidates) out.candidates.push_back(std::move(candidate));
    }
  }
  if (!out.candidates.empty()) return;
  const std::string host = log::printable(targets.front().target);
  out.why = silent ? Down{AccountReason::NoDns, "the resolver gave no answer about " + host, ""}
                   : Down{AccountReason::Dns, "there is no address for " + host, ""};
}

/// Blocks for up to kSrvPatience + kAddressPatience.
LookupAnswer answer(const Question& question) {
  LookupAnswer out;
  const bool explicit_host = !question.host.empty();
  const std::string name =
      to_ascii(without_brackets(explicit_host ? question.host : question.domain));
  std::vector<SrvRecord> targets;
  if (!explicit_host && !is_address(name)) {
    targets = targets_of(name, out);
    if (out.why.reason != AccountReason::None && targets.empty()) return out;
    out.why = {};
  }
  const bool said = !targets.empty();
  if (!said) {
    const std::uint16_t port = question.port == 0 ? kDefaultPort : question.port;
    targets = {{0, 0, port, name, TlsWay::StartTls}};
  }
  append_candidates(targets, out);
  if (!said) out.candidates = both_ways(std::move(out.candidates));
  return out;
}

/// What the thread and the handle share; whichever goes last frees it.
struct Pending {
  std::mutex mutex;
  Poster* loop;                       // null once forgotten; guarded by the mutex
  Callback<void(LookupAnswer)> done;  // used on the loop alone
};

class Handle final : public Lookup {
 public:
  explicit Handle(std::shared_ptr<Pending> pending) noexcept : pending_(std::move(pending)) {}
  ~Handle() override {
    const std::lock_guard lock(pending_->mutex);
    pending_->loop = nullptr;
    pending_->done = nullptr;
  }

 private:
  std::shared_ptr<Pending> pending_;
};

void deliver(const std::shared_ptr<Pending>& pending, LookupAnswer result) {
  const std::lock_guard lock(pending->mutex);
  if (pending->loop == nullptr) return;
  pending->loop->post([pending, result = std::move(result)]() mutable {
    auto done = std::move(pending->done);
    if (done) done(std::move(result));
  });
}

}  // namespace

std::string Candidate::endpoint() const {
  const std::string port_text = ":" + std::to_string(port);
  return is_v6(*this) ? "[" + address + "]" + port_text : address + port_text;
}

std::string Candidate::str() const {
  return endpoint() + " (" + (host.empty() ? "" : log::printable(host) + ", ") +
         (way == TlsWay::Direct ? "direct TLS)" : "STARTTLS)");
}

std::vector<SrvRecord> parse_srv_answer(ByteView bytes) {
  constexpr std::size_t kHead = 6;  // priority, weight, port
  std::vector<SrvRecord> records;
  ns_msg message;
  if (ns_initparse(bytes.data(), static_cast<int>(bytes.size()), &message) != 0) return records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) break;
    if (ns_rr_type(record) != ns_t_srv || ns_rr_rdlen(record) <= kHead) continue;
    const std::uint8_t* const data = ns_rr_rdata(record);
    char target[NS_MAXDNAME];
    if (dn_expand(ns_msg_base(message), ns_msg_end(message), data + kHead, target, sizeof target) <
        0)
      continue;
    const auto number = [&](std::size_t at) {
      return static_cast<std::uint16_t>(ns_get16(data + at));
    };
    records.push_back({number(0), number(2), number(4), target, TlsWay::StartTls});
  }
  return records;
}

void order_srv(std::vector<SrvRecord>& records, Callback<std::uint32_t(std::uint32_t)> draw) {
  std::stable_sort(records.begin(), records.end(), [](const SrvRecord& a, const SrvRecord& b) {
    // Weight 0 first: it is then drawn only by a 0 (RFC 2782, "Weight").
    return std::pair(a.priority, a.weight != 0) < std::pair(b.priority, b.weight != 0);
  });
  for (auto next = records.begin(); next != records.end(); ++next) {
    auto end = next;
    std::uint32_t sum = 0;
    for (; end != records.end() && end->priority == next->priority; ++end) sum += end->weight;
    std::uint32_t drawn = draw(sum);
    auto chosen = next;
    while (chosen->weight < drawn) drawn -= chosen++->weight;
    std::rotate(next, chosen, chosen + 1);
  }
}

std::vector<Candidate> interleaved(std::vector<Candidate> candidates) {
  std::vector<Candidate> families[2];  // the one that comes first, the other
  for (auto& candidate : candidates) {
    auto& family = families[is_v6(candidate) == is_v6(candidates.front()) ? 0 : 1];
    const bool known = std::any_of(family.begin(), family.end(), [&](const Candidate& other) {
      return other.address == candidate.address && other.port == candidate.port;
    });
    if (!known) family.push_back(candidate);
  }
  std::vector<Candidate> result;
  for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i)
    for (auto& family : families)
      if (i < family.size()) result.push_back(std::move(family[i]));
  return result;
}

std::vector<Candidate> both_ways(std::vector<Candidate> candidates) {
  const std::size_t count = candidates.size();
  for (std::size_t i = 0; i < count; ++i) {
    Candidate& first = candidates[i];
    const bool direct = first.port == 5223 || first.port == 443;
    first.way = direct ? TlsWay::Direct : TlsWay::StartTls;
    Candidate second = first;
    second.way = direct ? TlsWay::StartTls : TlsWay::Direct;
    second.second_guess = true;
    candidates.push_back(std::move(second));
  }
  return candidates;
}

std::unique_ptr<Lookup> look_up(Poster& loop, Question question,
                                Callback<void(LookupAnswer)> done) {
  auto pending = std::make_shared<Pending>();
  pending->loop = &loop;
  pending->done = std::move(done);
  auto handle = std::make_unique<Handle>(pending);
  const bool started = start_thread(
      [pending, question = std::move(question)] { deliver(pending, answer(question)); });
  if (!started)
    deliver(pending,
            {{}, {}, {AccountReason::NoDns, "the resolver answers none of our questions", ""}});
  return handle;
}

}  // namespace xmppftd
