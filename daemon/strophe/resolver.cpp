// SPDX-License-Identifier: MIT
#include "strophe/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <idna.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

namespace xmppftd {
namespace {

constexpr std::uint16_t kDefaultPort = 5222;
constexpr std::size_t kMaxTargets = 8;
constexpr std::size_t kMaxCandidates = 16;
constexpr int kMaxThreads = 16;  // that a silent resolver may hold at a time

bool is_v6(const Candidate& candidate) { return candidate.address.find(':') != std::string::npos; }

bool is_literal(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// The form of a name that DNS knows (RFC 3490); as it is when it has none.
std::string to_ascii(const std::string& name) {
  char* ascii = nullptr;
  const bool known = idna_to_ascii_8z(name.c_str(), &ascii, 0) == IDNA_SUCCESS;
  std::string result = known ? ascii : name;
  std::free(ascii);
  return result;
}

std::vector<SrvRecord> srv_records(const std::string& domain) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return {};
  Bytes answer(NS_MAXMSG);
  const std::string name = "_xmpp-client._tcp." + domain;
  const int size = res_nquery(&state, name.c_str(), ns_c_in, ns_t_srv, answer.data(),
                              static_cast<int>(answer.size()));
  res_nclose(&state);
  if (size <= 0) return {};
  answer.resize(std::min(static_cast<std::size_t>(size), answer.size()));
  return parse_srv_answer(answer);
}

/// Appends the addresses of `host`. The error is getaddrinfo's.
int append_addresses(const std::string& host, std::uint16_t port, std::vector<Candidate>& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = is_literal(host) ? AI_NUMERICHOST : AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) return error;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0)
      out.push_back({text, port});
  }
  freeaddrinfo(list);
  return 0;
}

struct Question {
  std::string domain;
  std::string host;
  std::uint16_t port;
};

/// Blocks for up to a minute.
Result<std::vector<Candidate>> answer(const Question& question) {
  std::vector<SrvRecord> targets;
  const std::string domain = to_ascii(question.domain);
  if (!question.host.empty()) {
    targets = {{0, 0, question.port, to_ascii(question.host)}};
  } else if (!is_literal(domain)) {
    targets = srv_records(domain);
    if (targets.size() == 1 && (targets[0].target.empty() || targets[0].target == "."))
      return Error{Errc::Network, question.domain + " says that it has no XMPP service"};
    std::minstd_rand random{std::random_device{}()};
    order_srv(targets, [&](std::uint32_t highest) {
      return std::uniform_int_distribution<std::uint32_t>(0, highest)(random);
    });
  }
  if (targets.empty()) targets = {{0, 0, 0, domain}};
  if (targets.size() > kMaxTargets) targets.resize(kMaxTargets);

  std::vector<Candidate> found;
  int error = 0;
  for (const SrvRecord& target : targets) {
    std::vector<Candidate> addresses;
    const int failed =
        append_addresses(target.target, target.port == 0 ? kDefaultPort : target.port, addresses);
    if (failed != 0) error = failed;
    for (auto& candidate : interleaved(std::move(addresses))) found.push_back(std::move(candidate));
  }
  if (found.empty())
    return Error{Errc::Dns,
                 "no address for " + targets.front().target + ": " + gai_strerror(error)};
  if (found.size() > kMaxCandidates) found.resize(kMaxCandidates);
  return found;
}

/// What the thread and the handle share; whichever goes last frees it.
struct Pending {
  std::mutex mutex;
  Poster* loop;                                         // null once forgotten; guarded by the mutex
  Callback<void(Result<std::vector<Candidate>>)> done;  // used on the loop alone
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

void deliver(const std::shared_ptr<Pending>& pending, Result<std::vector<Candidate>> result) {
  const std::lock_guard lock(pending->mutex);
  if (pending->loop == nullptr) return;
  pending->loop->post([pending, result = std::move(result)]() mutable {
    auto done = std::move(pending->done);
    if (done) done(std::move(result));
  });
}

}  // namespace

std::string Candidate::str() const {
  const std::string port_text = ":" + std::to_string(port);
  return is_v6(*this) ? "[" + address + "]" + port_text : address + port_text;
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
    records.push_back({number(0), number(2), number(4), target});
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

std::unique_ptr<Lookup> look_up(Poster& loop, std::string domain, std::string host,
                                std::uint16_t port,
                                Callback<void(Result<std::vector<Candidate>>)> done) {
  static std::atomic<int> threads{0};
  auto pending = std::make_shared<Pending>();
  pending->loop = &loop;
  pending->done = std::move(done);
  auto handle = std::make_unique<Handle>(pending);
  const auto give_up = [&](const char* why) {
    --threads;
    deliver(pending, Error{Errc::Dns, why});
  };
  if (++threads > kMaxThreads) {
    give_up("the resolver answers none of our questions");
    return handle;
  }
  try {
    std::thread([pending, question = Question{std::move(domain), std::move(host), port}] {
      deliver(pending, answer(question));
      --threads;
    }).detach();
  } catch (const std::system_error&) {
    give_up("no thread for the look-up");
  }
  return handle;
}

}  // namespace xmppftd
