// SPDX-License-Identifier: MIT
#include "transfer/submission.h"

#include <unistd.h>

#include <climits>

namespace xmppftd {
namespace {

constexpr std::size_t kMaxPairs = 10'000;
constexpr std::size_t kOpenAtOnce = 32;  // descriptors are few
constexpr std::size_t kMaxDescription = 1024;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Where the kernel says an open file is; "" when it has no name. Whoever uses it must compare the inodes.
std::string path_of(const OpenFile& file) {
  if (!file.fd) return {};
  char target[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(file.fd.get());
  const auto length = ::readlink(link.c_str(), target, sizeof target);
  if (length <= 0 || length == sizeof target || target[0] != '/') return {};
  return {target, static_cast<std::size_t>(length)};
}

FileInfo describe(const std::string& name, const FileIdentity& identity, const std::string& description) {
  FileInfo info;
  info.name = safe_file_name(name);
  info.size = identity.size;
  info.modified = std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(identity.modified_ns)));
  info.description = description;
  return info;
}

}  // namespace

Submission::Submission(const World& world, SendRequest request, OnQueued queued, Callback<void(SendOutcome)> done)
    : world_(world), request_(std::move(request)), queued_(std::move(queued)), done_(std::move(done)) {}

void Submission::problem(std::string subject, Error error) {
  outcome_.problems.push_back({std::move(subject), std::move(error)});
}

void Submission::start() {
  check_request();
  for (const auto& recipient : request_.recipients) check_recipient(recipient);
  for (const auto& source : request_.sources) check_source(source);
  if (!outcome_.ok()) return world_.later.run(alive_.wrap([this] { finish(); }));
  sources_.resize(request_.sources.size());
  open_more();
}

void Submission::check_request() {
  if (request_.sources.empty()) problem("", {Errc::BadArgument, "no file to send"});
  if (request_.recipients.empty()) problem("", {Errc::BadArgument, "no recipient"});
  if (request_.sources.size() > kMaxPairs || request_.recipients.size() > kMaxPairs ||
      request_.sources.size() * request_.recipients.size() > kMaxPairs)
    problem("", {Errc::TooMany, std::to_string(request_.sources.size()) + " files for " +
                                    std::to_string(request_.recipients.size()) +
                                    " recipients are more than 10000 jobs; send them in parts"});
  if (request_.priority < -100 || request_.priority > 100)
    problem("", {Errc::BadArgument, "priority " + std::to_string(request_.priority) + " is not within -100..100"});
  if (request_.description.size() > kMaxDescription)
    problem("", {Errc::BadArgument, "the description is longer than 1024 bytes"});
}

void Submission::check_recipient(const std::string& text) {
  auto jid = Jid::parse(text);
  if (!jid) return problem(text, jid.error());
  AccountPort* account = request_.account != 0 ? world_.accounts.find(request_.account) : world_.accounts.pick_for(*jid);
  if (account == nullptr)
    return problem(text, request_.account != 0
                             ? Error{Errc::NoSuchAccount, "no account " + std::to_string(request_.account)}
                             : Error{Errc::NoSuchAccount, "no account to send from; add one first"});
  if (*jid == account->jid())
    return problem(text, {Errc::BadJid, text + " is this account's own address; name another of its programs in full, such as " +
                                            text + "/phone"});
  if (*jid == account->self())
    return problem(text, {Errc::BadJid, text + " is this very program; name another one of this account, such as " +
                                            account->jid().str() + "/phone"});
  recipients_.push_back({jid->str(), account->id()});
}

void Submission::check_source(const SendSource& source) {
  if (source.fd) {
    if (source.name.empty()) problem("", {Errc::BadArgument, "a descriptor needs a name to be sent under"});
  } else if (source.path.empty() || source.path.front() != '/') {
    problem(source.path, {Errc::BadUri, "\"" + source.path + "\" is not an absolute path"});
  }
}

void Submission::open_more() {
  while (opening_ < kOpenAtOnce && next_ < sources_.size()) {
    ++opening_;
    open(next_++);
  }
  if (opening_ == 0) outcome_.ok() ? enter() : finish();
}

void Submission::open(std::size_t index) {
  auto& wanted = request_.sources[index];
  const auto take = [this, index](Result<std::shared_ptr<OpenFile>> file) {
    const auto& source = request_.sources[index];
    if (!file) {
      problem(source.path.empty() ? source.name : source.path, file.error());
      return opened(index);
    }
    sources_[index].name = source.name.empty() ? base_name(source.path) : source.name;
    sources_[index].identity = (*file)->identity;
    if (!source.path.empty()) {
      sources_[index].path = source.path;
      return opened(index);
    }
    adopted(index, std::move(*file));
  };
  if (wanted.path.empty())
    world_.files.adopt_source(std::move(wanted.fd), alive_.wrap(take));
  else
    world_.files.open_source(wanted.path, alive_.wrap(take));
}

/// A descriptor whose file has a name that leads to the same inode is as good as a path, and survives a restart.
void Submission::adopted(std::size_t index, std::shared_ptr<OpenFile> file) {
  const auto path = path_of(*file);
  sources_[index].held = std::move(file);
  if (path.empty()) return opened(index);
  world_.files.open_source(path, alive_.wrap([this, index, path](Result<std::shared_ptr<OpenFile>> named) {
    auto& source = sources_[index];
    if (named && (*named)->identity == source.identity) {
      source.path = path;
      source.held.reset();
    }
    opened(index);
  }));
}

void Submission::opened(std::size_t) {
  --opening_;
  open_more();
}

void Submission::enter() {
  outcome_.batch = request_.batch.empty() ? world_.book.new_batch() : request_.batch;
  const auto description = safe_text(request_.description, kMaxDescription);
  std::vector<Job*> jobs;
  for (const auto& source : sources_)
    for (const auto& recipient : recipients_) {
      JobRecord record;
      record.batch = outcome_.batch;
      record.account = recipient.account;
      record.peer = recipient.jid;
      record.file = describe(source.name, source.identity, description);
      record.path = source.path;
      record.source = source.identity;
      record.priority = request_.priority;
      record.methods = request_.methods;
      record.reason = JobReason::WaitingSlot;
      jobs.push_back(&world_.book.add(std::move(record)));
      outcome_.ids.push_back(jobs.back()->id());
    }
  world_.book.try_commit(jobs, alive_.wrap([this](Result<void> how) {
    if (!how) {
      for (const JobId id : outcome_.ids) world_.book.drop(id);
      outcome_.ids.clear();
      problem("", how.error());
      return finish();
    }
    auto id = outcome_.ids.begin();
    for (const auto& source : sources_)
      for (std::size_t i = 0; i < recipients_.size(); ++i) queued_(*world_.book.find(*id++), source.held);
    finish();
  }));
}

void Submission::finish() {
  auto done = std::move(done_);
  done(std::move(outcome_));
}

}  // namespace xmppftd
