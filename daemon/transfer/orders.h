// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/job.h"

// What the queue can be asked to do.
namespace xmppftd {

/// The answer to an order about one job. Its error names the job, its state and what can be done.
using OrderDone = Callback<void(Result<void>)>;

/// A file to send: a path, a descriptor, or both. With both the descriptor says which file is
/// meant; the path is what the client knows it by, and serves after a restart if it leads to the
/// same file here.
struct SendSource {
  std::string path{};  ///< absolute; "" = `fd` alone
  UniqueFd fd{};       ///< readable, regular; read from offset 0
  std::string name{};  ///< shown to the receiver; "" = the path's last part. Needed without a path
  /// keep `fd` while there is room, so that the job survives an unlink of the path
  bool keep_open = false;
};

/// What to send to whom: one job per (source, recipient), sources outermost.
struct SendRequest {
  std::vector<SendSource> sources;
  std::vector<std::string> recipients;  ///< JIDs as the user typed them
  AccountId account = 0;                ///< 0 = pick one for each recipient
  std::string batch;                    ///< add to this batch; "" = a new one
  std::string description;              ///< at most 1024 bytes
  int priority = 0;                     ///< -100..100, higher first
  std::vector<MethodChoice> methods;    ///< empty = the config's
};

/// Either ids or problems, never both.
struct SendOutcome {
  struct Problem {
    std::string subject;  ///< the path or JID at fault, "" when it is the request itself
    Error error;
  };
  std::string batch;
  std::vector<JobId> ids;
  std::vector<Problem> problems;  ///< every one there is, not only the first
  bool ok() const noexcept { return problems.empty(); }
};

/// An order to send that comes in parts, for a client can pass only few descriptors at a time.
/// Nothing is queued before TransferQueue::submit(), and nothing at all when this is destroyed
/// before. Callbacks as those of the queue.
class SendBatch {
 public:
  virtual ~SendBatch() = default;
  /// The name of the batch.
  virtual const std::string& name() const noexcept = 0;
  /// Opens and adds files; `done` gets all that is wrong with them. After a problem the batch is of
  /// no use. One call at a time.
  virtual void add(std::vector<SendSource> sources, Callback<void(SendOutcome)> done) = 0;
};

/// Where to put an accepted file.
struct AcceptOptions {
  std::string folder;     ///< absolute; "" = the download folder
  std::string name;       ///< one path component, taken as it is; "" = the offered name
  std::string on_exists;  ///< rename | fail | overwrite; "" = the config's
};

}  // namespace xmppftd
