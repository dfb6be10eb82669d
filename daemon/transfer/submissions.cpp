// SPDX-License-Identifier: MIT
#include "transfer/submissions.h"

#include "base/log.h"

namespace xmppftd {
namespace {

void log_problems(const SendOutcome& outcome) {
  for (const auto& problem : outcome.problems)
    log::info("queue", "refused to send: " + log::printable(problem.error.detail));
}

}  // namespace

Submissions::Submissions(AccountPorts& accounts, Files& files, JobList& jobs, Later& later,
                         std::function<void(Job&, std::shared_ptr<OpenFile>)> queued)
    : later_(later), world_{accounts, files, jobs, held_, later}, queued_(std::move(queued)) {}

std::unique_ptr<Submission> Submissions::open(SendRequest request) {
  return std::make_unique<Submission>(
      world_, std::move(request),
      [this](Job& job, std::shared_ptr<OpenFile> file) { queued_(job, std::move(file)); });
}

std::unique_ptr<SendBatch> Submissions::open_batch(SendRequest request,
                                                   std::vector<SendOutcome::Problem>& problems) {
  auto submission = open(std::move(request));
  problems = submission->check();
  if (!problems.empty()) return nullptr;
  return submission;
}

void Submissions::submit(std::unique_ptr<SendBatch> batch, Done done) {
  enter(std::unique_ptr<Submission>(static_cast<Submission*>(batch.release())), std::move(done));
}

void Submissions::submit(SendRequest request, Done done) {
  auto sources = std::exchange(request.sources, {});
  auto submission = open(std::move(request));
  SendOutcome outcome;
  outcome.problems = submission->check();
  for (auto& problem : submission->check(sources)) outcome.problems.push_back(std::move(problem));
  if (!outcome.ok()) {
    log_problems(outcome);
    return later_.run([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }
  auto& adding = *submission;
  const auto key = keep(std::move(submission));
  adding.add(std::move(sources), [this, key, done = std::move(done)](SendOutcome added) mutable {
    auto kept = std::move(taking_.extract(key).mapped());  // we are called from inside it
    if (added.ok()) return enter(std::move(kept), std::move(done));
    log_problems(added);
    done(std::move(added));
  });
}

void Submissions::enter(std::unique_ptr<Submission> submission, Done done) {
  auto& entering = *submission;
  const auto key = keep(std::move(submission));
  entering.enter([this, key, done = std::move(done)](SendOutcome outcome) mutable {
    const auto gone = taking_.extract(key);
    log_problems(outcome);
    done(std::move(outcome));
  });
}

std::uint64_t Submissions::keep(std::unique_ptr<Submission> submission) {
  taking_[++taken_] = std::move(submission);
  return taken_;
}

}  // namespace xmppftd
