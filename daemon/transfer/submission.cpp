// SPDX-License-Identifier: MIT
#include "transfer/submission.h"

#include "base/bytes.h"

namespace xmppftd {
namespace {

/// Unique among the files that one sender offers one receiver, and short enough to cost a record no
/// memory of its own. It is no secret: what counts is who offers.
constexpr std::size_t kFileIdBytes = 7;

constexpr std::size_t kMaxPairs = 10'000;
// descriptors are few, and so are threads for a disk that hangs
constexpr std::size_t kOpenAtOnce = 8;
constexpr std::size_t kMaxDescription = 1024;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

FileInfo describe(const std::string& name, const FileIdentity& identity,
                  const std::string& description) {
  FileInfo info;
  info.name = safe_file_name(name);
  info.size = identity.size;
  info.modified =
      std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time<std::chrono::nanoseconds>(
          std::chrono::nanoseconds(identity.modified_ns)));
  info.description = description;
  return info;
}

}  // namespace

Submission::Submission(const World& world, SendRequest request, OnQueued queued)
    : world_(world), request_(std::move(request)), queued_(std::move(queued)) {}

Submission::Problems Submission::check() {
  Problems problems;
  if (request_.recipients.empty()) problems.push_back({"", {Errc::BadArgument, "no recipient"}});
  if (request_.priority < -100 || request_.priority > 100)
    problems.push_back({"",
                        {Errc::BadArgument, "priority " + std::to_string(request_.priority) +
                                                " is not within -100..100"}});
  if (request_.description.size() > kMaxDescription)
    problems.push_back({"", {Errc::BadArgument, "the description is longer than 1024 bytes"}});
  for (const auto& recipient : request_.recipients) check_recipient(recipient, problems);
  batch_ = request_.batch.empty() ? world_.jobs.new_batch() : request_.batch;
  return problems;
}

void Submission::check_recipient(const std::string& text, Problems& problems) {
  const auto problem = [&](Error error) { problems.push_back({text, std::move(error)}); };
  auto jid = Jid::parse(text);
  if (!jid) return problem(jid.error());
  AccountPort* account = request_.account != 0 ? world_.accounts.find(request_.account)
                                               : world_.accounts.pick_for(*jid);
  if (account == nullptr)
    return problem(
        request_.account != 0
            ? Error{Errc::NoSuchAccount, "no account " + std::to_string(request_.account)}
            : Error{Errc::NoSuchAccount, "no account to send from; add one first"});
  if (*jid == account->jid())
    return problem(
        {Errc::BadJid,
         text + " is this account's own address; name another of its programs in full, such as " +
             text + "/phone"});
  if (*jid == account->self())
    return problem(
        {Errc::BadJid, text + " is this very program; name another one of this account, such as " +
                           account->jid().str() + "/phone"});
  recipients_.push_back({jid->str(), account->id()});
}

Submission::Problems Submission::check(const std::vector<SendSource>& sources) const {
  Problems problems;
  if (sources.empty()) problems.push_back({"", {Errc::BadArgument, "no file to send"}});
  const auto files = sources_.size() + sources.size();
  if (files > kMaxPairs || request_.recipients.size() > kMaxPairs ||
      files * request_.recipients.size() > kMaxPairs)
    problems.push_back(
        {"",
         {Errc::TooMany, std::to_string(files) + " files for " +
                             std::to_string(request_.recipients.size()) +
                             " recipients are more than 10000 jobs; send them in parts"}});
  for (const auto& source : sources) {
    if (!source.path.empty() && source.path.front() != '/')
      problems.push_back(
          {source.path, {Errc::BadUri, "\"" + source.path + "\" is not an absolute path"}});
    else if (source.path.empty() && !source.fd)
      problems.push_back({source.path, {Errc::BadUri, "\"\" is not an absolute path"}});
    else if (source.path.empty() && source.name.empty())
      problems.push_back({"", {Errc::BadArgument, "a descriptor needs a name to be sent under"}});
  }
  return problems;
}

void Submission::add(std::vector<SendSource> sources, Done done) {
  added_ = std::move(done);
  problems_ = check(sources);
  if (!problems_.empty()) return world_.later.run(alive_.wrap([this] { open_more(); }));
  adding_ = std::move(sources);
  next_ = 0;
  sources_.resize(sources_.size() + adding_.size());
  open_more();
}

void Submission::open_more() {
  while (opening_ < kOpenAtOnce && next_ < adding_.size()) {
    ++opening_;
    open(next_++);
  }
  if (opening_ != 0) return;
  adding_.clear();
  SendOutcome outcome;
  outcome.batch = batch_;
  outcome.problems = std::move(problems_);
  auto done = std::move(added_);
  done(std::move(outcome));
}

void Submission::open(std::size_t index) {
  auto& wanted = adding_[index];
  if (wanted.fd)
    return world_.files.adopt_source(std::move(wanted.fd), wanted.path,
                                     alive_.wrap([this, index](Result<Files::Adopted> file) {
                                       adopted(index, std::move(file));
                                     }));
  world_.files.open_source(
      wanted.path, alive_.wrap([this, index](Result<std::shared_ptr<OpenFile>> file) {
        sources_[sources_.size() - adding_.size() + index].path = adding_[index].path;
        opened(index, std::move(file));
      }));
}

void Submission::adopted(std::size_t index, Result<Files::Adopted> adopted) {
  if (!adopted) return opened(index, adopted.error());
  auto& source = sources_[sources_.size() - adding_.size() + index];
  const bool needed = adopted->path.empty();
  source.path = std::move(adopted->path);
  if (needed || adding_[index].keep_open) source.held = world_.held.hold(adopted->file, needed);
  if (needed && !source.held)
    return opened(index, Error{Errc::TooMany, "of the files that wait, " +
                                                  std::to_string(world_.held.most()) +
                                                  " at most may have no path that xmppftd can open "
                                                  "them by; copy this one to where it "
                                                  "can, or wait until some were sent"});
  opened(index, std::move(adopted->file));
}

void Submission::opened(std::size_t index, Result<std::shared_ptr<OpenFile>> file) {
  const auto& wanted = adding_[index];
  auto& source = sources_[sources_.size() - adding_.size() + index];
  if (file) {
    source.name = wanted.name.empty() ? base_name(wanted.path) : wanted.name;
    source.identity = (*file)->identity;
  } else {
    const auto& subject = wanted.path.empty() ? wanted.name : wanted.path;
    problems_.push_back({subject, file.error()});
  }
  --opening_;
  open_more();
}

void Submission::enter(Done done) {
  SendOutcome outcome;
  outcome.batch = batch_;
  if (sources_.empty()) {
    outcome.problems.push_back({"", {Errc::BadArgument, "no file to send"}});
    return world_.later.run(
        alive_.wrap([done = std::move(done), outcome = std::move(outcome)]() mutable {
          done(std::move(outcome));
        }));
  }
  const auto description = safe_text(request_.description, kMaxDescription);
  std::vector<Job*> jobs;
  for (const auto& source : sources_)
    for (const auto& recipient : recipients_) {
      JobRecord record;
      record.batch = batch_;
      record.account = recipient.account;
      record.peer = recipient.jid;
      record.file = describe(source.name, source.identity, description);
      record.file_id = random_hex(kFileIdBytes);
      record.path = source.path;
      record.source = source.identity;
      record.priority = request_.priority;
      record.methods = request_.methods;
      record.reason = JobReason::WaitingSlot;
      jobs.push_back(&world_.jobs.add(std::move(record)));
      outcome.ids.push_back(jobs.back()->id());
    }
  world_.jobs.try_commit(jobs,
                         alive_.wrap([this, done = std::move(done),
                                      outcome = std::move(outcome)](Result<void> how) mutable {
                           if (how) {
                             auto id = outcome.ids.begin();
                             for (const auto& source : sources_)
                               for (std::size_t i = 0; i < recipients_.size(); ++i)
                                 queued_(*world_.jobs.find(*id++), source.held);
                           } else {
                             for (const JobId id : outcome.ids) world_.jobs.drop(id);
                             outcome.ids.clear();
                             outcome.problems.push_back({"", how.error()});
                           }
                           done(std::move(outcome));
                         }));
}

}  // namespace xmppftd
