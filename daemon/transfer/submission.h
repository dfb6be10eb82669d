// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.h"
#include "io/file.h"
#include "transfer/account_port.h"
#include "transfer/job_book.h"
#include "io/later.h"
#include "transfer/while_alive.h"
#include "transfer/queue.h"

namespace xmppftd {

/// One order to send: checks everything, opens every file for its identity, and enters the jobs, all or none.
class Submission {
 public:
  struct World {
    AccountPorts& accounts;
    Files& files;
    JobBook& book;
    Later& later;
  };
  /// A job that is on disk, and its open source when it has no path.
  using OnQueued = Callback<void(Job&, std::shared_ptr<OpenFile>)>;

  /// `queued` is called for each job, then `done` once; that call may destroy the Submission.
  Submission(const World& world, SendRequest request, OnQueued queued, Callback<void(SendOutcome)> done);

  void start();

 private:
  struct Recipient {
    std::string jid;
    AccountId account;
  };
  struct Source {
    std::string path;                ///< "" = held
    std::string name;
    FileIdentity identity;
    std::shared_ptr<OpenFile> held;
  };

  void check_request();
  void check_recipient(const std::string& text);
  void check_source(const SendSource& source);
  void open_more();
  void open(std::size_t index);
  void adopted(std::size_t index, std::shared_ptr<OpenFile> file);
  void opened(std::size_t index);
  void problem(std::string subject, Error error);
  void enter();
  void finish();

  World world_;
  SendRequest request_;
  OnQueued queued_;
  Callback<void(SendOutcome)> done_;
  std::vector<Recipient> recipients_;
  std::vector<Source> sources_;
  std::size_t next_ = 0;     ///< source to open
  std::size_t opening_ = 0;  ///< being opened
  SendOutcome outcome_;
  WhileAlive alive_;
};

}  // namespace xmppftd
