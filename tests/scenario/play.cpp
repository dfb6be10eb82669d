// SPDX-License-Identifier: MIT
#include "scenario/play.h"

#include <filesystem>

#include "support/jid.h"
#include "xep/xep0065_bytestreams.h"

namespace xmppftd::test {
namespace {

const std::string kAnnHost = "10.0.0.1", kBobHost = "10.0.0.2";

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

AccountSettings settings_of(const std::string& bare) {
  AccountSettings settings;
  settings.id = 1;
  settings.jid = bare;
  settings.resource = "home";
  return settings;
}

QueueConfig queue_config() {
  QueueConfig config;
  config.download_folder = "/in";
  config.jitter = 0;
  return config;
}

S5bConfig s5b_config() {
  S5bConfig config;
  config.listen = {SocketAddress::parse("0.0.0.0", 0).value()};
  return config;
}

std::string words(const JobRecord& record) {
  const std::string reason(to_string(record.reason));
  return std::string(to_string(record.state)) + (reason.empty() ? "" : "/" + reason);
}

}  // namespace

std::string some_content(std::size_t size) {
  std::string content(size, '\0');
  std::uint32_t x = 12345;
  for (auto& byte : content) {
    x = x * 1664525 + 1013904223;
    byte = static_cast<char>(x >> 24);
  }
  return content;
}

Daemon::Daemon(FakeServer& server, Wires& wires, FakeTimers& timers, Disk& disk, std::string bare,
               std::string host)
    : server_(server),
      disk_(disk),
      bare_(std::move(bare)),
      bulk_(disk, turns_, timers),
      background_(timers),
      network_(wires, std::move(host)),
      s5b_(s5b_config()),
      listener_(network_, timers, s5b_.listen) {
  queue_ = std::make_unique<TransferQueue>(QueueWorld{*this, store_, files_, bulk_, timers},
                                           queue_config());
  queue_->add_observer(*this);
  account_ = std::make_unique<LiveAccount>(
      AccountWorld{server_, timers, network_, bulk_, background_, listener_, addresses_, s5b_,
                   accounts_, config_, *queue_},
      settings_of(bare_), [] {});
  queue_->start(store_.read());
  account_->set_password(Secret("secret"), "session", [](Result<std::string>) {});
  account_->start();
}

Daemon::~Daemon() {
  server_.kill(bare_);
  queue_.reset();
}

void Daemon::on_job_changed(const JobView& job) {
  const auto line = words(job.record);
  CHECK(words(disk_.rows.at(job.record.id)) == line);  // on disk before it is told
  if (const auto lines = told(job.record.id); lines.empty() || lines.back() != line)
    told_.emplace_back(job.record.id, line);
}

const JobRecord& Daemon::job(JobId id) const {
  const auto* record = queue_->find(id);
  REQUIRE(record != nullptr);
  return *record;
}

std::string Daemon::state(JobId id) const {
  const auto* record = queue_->find(id);
  return record ? words(*record) : "";
}

std::vector<std::string> Daemon::told(JobId id) const {
  std::vector<std::string> lines;
  for (const auto& [job_id, line] : told_)
    if (job_id == id) lines.push_back(line);
  return lines;
}

Play::Play(bool bob_is_there) : descriptors_(open_descriptors()) {
  server.accounts = {kAnn, kBob};
  server.proxy_host = Wires::kProxyHost;
  server.proxy_port = Wires::kProxyPort;
  server.activate = [this](const std::string& sid, const std::string& from, const std::string& to) {
    return wires.activate(dst_addr(sid, from, to));
  };
  start_ann();
  if (bob_is_there) start_bob();
  settle();
}

Play::~Play() = default;

void Play::start_ann() {
  ann = std::make_unique<Daemon>(server, wires, timers, ann_disk, kAnn, kAnnHost);
}

void Play::start_bob() {
  bob = std::make_unique<Daemon>(server, wires, timers, bob_disk, kBob, kBobHost);
}

void Play::kill(std::unique_ptr<Daemon>& daemon) { daemon.reset(); }

void Play::bob_trusts_ann() {
  AcceptRule rule;
  rule.from = kAnn;
  REQUIRE(bob->queue().set_rules({rule}));
}

JobId Play::send(const std::string& content, const std::vector<std::string>& ways) {
  ann_disk.add(kSource, content);
  SendRequest request;
  request.sources.push_back({kSource, UniqueFd(), ""});
  request.recipients = {kBob};
  for (const auto& way : ways) request.methods.push_back(MethodChoice::parse(way).value());
  std::optional<SendOutcome> outcome;
  ann->queue().submit(std::move(request), [&](SendOutcome result) { outcome = std::move(result); });
  REQUIRE(until([&] { return outcome.has_value(); }));
  REQUIRE(outcome->ok());
  return outcome->ids.at(0);
}

void Play::must(const std::function<void(TransferQueue::Done)>& order) {
  std::optional<Result<void>> answer;
  order([&](Result<void> how) { answer = std::move(how); });
  REQUIRE(until([&] { return answer.has_value(); }));
  INFO((answer->ok() ? "" : answer->error().detail));
  REQUIRE(answer->ok());
}

/// One thing that can happen now.
bool Play::step() {
  if (server.run_one()) return true;
  for (auto* daemon : {ann.get(), bob.get()})
    if (daemon && (daemon->run_one() || daemon->bulk().pump())) return true;
  if (wires.pump()) return true;
  if (timers.next() != 0ms) return false;
  timers.turn();
  return true;
}

void Play::settle() {
  for (int steps = 0; step(); ++steps)
    if (steps == 1'000'000) FAIL("it never comes to rest");
}

void Play::pass(std::chrono::milliseconds time) {
  const auto end = timers.now() + time;
  until([&] { return timers.now() >= end; }, time);
}

bool Play::until(const std::function<bool()>& reached, std::chrono::milliseconds limit) {
  const auto end = timers.now() + limit;
  for (int steps = 0; !reached(); ++steps) {
    if (steps == 5'000'000) FAIL("it never comes to rest");
    if (step()) continue;
    const auto next = timers.next();
    if (timers.now() >= end) return false;
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - timers.now());
    timers.advance(next ? std::min(*next, rest) : rest);
  }
  return true;
}

void Play::until_ended() {
  const auto ended = [](const std::unique_ptr<Daemon>& daemon) {
    const auto* record = daemon ? daemon->queue().find(1) : nullptr;
    return record && is_terminal(record->state);
  };
  const bool both = until([&] { return ended(ann) && ended(bob); }, 2h);
  INFO("ann: " << ann->state() << "\n" << story(ann_disk));
  INFO("bob: " << bob->state() << "\n" << story(bob_disk));
  REQUIRE(both);
  pass(1s);
}

void Play::check_arrived() {
  INFO("ann: " << ann->state() << "\n" << story(ann_disk));
  INFO("bob: " << bob->state() << "\n" << story(bob_disk));
  REQUIRE(ann->state() == "done");
  REQUIRE(bob->state() == "done");
  for (const auto* daemon : {ann.get(), bob.get()}) {
    CHECK(daemon->job().delivery == Delivery::Confirmed);
    CHECK(daemon->job().hash_state == HashState::Sha256);
    CHECK(daemon->queue().find(2) == nullptr);
  }
  CHECK(ann->job().hash == bob->job().hash);
  CHECK(bob->job().path == kTarget);
  CHECK(bob_disk.names.size() == 1);  // no second one, no part
  REQUIRE(bob_disk.names.count(kTarget) == 1);
  const auto& file = bob_disk.inodes.at(bob_disk.names.at(kTarget));
  CHECK(file.synced);
  const bool same = file.content == ann_disk.inodes.at(ann_disk.names.at(kSource)).content;
  CHECK(same);
}

void Play::check_nothing_left() {
  settle();
  for (auto* daemon : {ann.get(), bob.get()})
    if (daemon) CHECK(daemon->bulk().alive() == 0);
  CHECK(wires.sockets() == 0);
  CHECK(wires.listeners() == 0);
  CHECK(wires.at_proxy() == 0);
  CHECK(open_descriptors() == descriptors_);
  CHECK(bob_disk.parts().empty());
  CHECK(server.held() == 0);
}

std::string Play::story(const Disk& disk, JobId id) {
  std::string text;
  const auto found = disk.stories.find(id);
  if (found == disk.stories.end()) return text;
  for (const auto& entry : found->second) text += "  " + entry.what + ": " + entry.detail + "\n";
  return text;
}

}  // namespace xmppftd::test
