// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "io/later.h"
#include "transfer/held_files.h"
#include "transfer/orders.h"
#include "transfer/submission.h"

namespace xmppftd {

/// The orders to send that are being taken: holds each until its jobs are queued or it is refused.
class Submissions {
 public:
  using Done = Submission::Done;

  /// `queued`: what becomes of the jobs of every order.
  Submissions(AccountPorts& accounts, Files& files, JobList& jobs, Later& later,
              std::function<void(Job&, std::shared_ptr<OpenFile>)> queued);

  /// As TransferQueue.
  void submit(SendRequest request, Done done);
  std::unique_ptr<SendBatch> open_batch(SendRequest request,
                                        std::vector<SendOutcome::Problem>& problems);
  void submit(std::unique_ptr<SendBatch> batch, Done done);

 private:
  std::unique_ptr<Submission> open(SendRequest request);
  void enter(std::unique_ptr<Submission> submission, Done done);
  std::uint64_t keep(std::unique_ptr<Submission> submission);

  HeldFiles held_;
  Later& later_;
  const Submission::World world_;
  std::function<void(Job&, std::shared_ptr<OpenFile>)> queued_;
  std::map<std::uint64_t, std::unique_ptr<Submission>> taking_;
  std::uint64_t taken_ = 0;  ///< so far
};

}  // namespace xmppftd
