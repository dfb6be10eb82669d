// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/callback.h"
#include "io/file.h"
#include "io/later.h"
#include "transfer/account_port.h"
#include "transfer/held_files.h"
#include "transfer/job_list.h"
#include "transfer/orders.h"
#include "transfer/while_alive.h"

namespace xmppftd {

/// One order to send: checks everything, opens every file for its identity, and enters the jobs,
/// all or none.
class Submission final : public SendBatch {
 public:
  struct World {
    AccountPorts& accounts;
    Files& files;
    JobList& jobs;
    HeldFiles& held;
    Later& later;
  };
  using Problems = std::vector<SendOutcome::Problem>;
  using Done = Callback<void(SendOutcome)>;
  /// A job that is on disk, and its open source where it is kept open.
  using OnQueued = Callback<void(Job&, std::shared_ptr<OpenFile>)>;

  /// `request` without sources.
  Submission(const World& world, SendRequest request, OnQueued queued);

  /// Once, first: what is wrong with the request itself.
  Problems check();
  /// What can be said of sources before they are opened. None of them may be none.
  Problems check(const std::vector<SendSource>& sources) const;

  const std::string& name() const noexcept override { return batch_; }
  void add(std::vector<SendSource> sources, Done done) override;
  /// Enters the jobs: OnQueued for each, then `done`, which may destroy the Submission.
  void enter(Done done);

 private:
  struct Recipient {
    std::string jid;
    AccountId account;
  };
  struct Source {
    std::string path;  ///< "" = held
    std::string name;
    FileIdentity identity;
    std::shared_ptr<OpenFile> held;
  };

  void check_recipient(const std::string& text, Problems& problems);
  void open_more();
  void open(std::size_t index);
  void adopted(std::size_t index, Result<Files::Adopted> adopted);
  void opened(std::size_t index, Result<std::shared_ptr<OpenFile>> file);

  World world_;
  SendRequest request_;
  OnQueued queued_;
  std::string batch_;
  std::vector<Recipient> recipients_;
  std::vector<Source> sources_;
  // While add() goes on.
  std::vector<SendSource> adding_;
  std::size_t next_ = 0;     ///< of adding_, to open
  std::size_t opening_ = 0;  ///< being opened
  Problems problems_;
  Done added_;
  WhileAlive alive_;
};

}  // namespace xmppftd
