// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <memory>

#include "data/worker.h"
#include "io/bulk.h"

namespace xmppftd {

/// What one block end has asked of its worker: done in order, each piece when the end's pace lets
/// it. On the worker's thread.
class BlockWork : public std::enable_shared_from_this<BlockWork> {
 public:
  BlockWork(Worker& worker, Pace pace, std::shared_ptr<Progress> progress);

  /// Reads or writes a block and says how many bytes that were.
  void move(Callback<std::uint64_t()> block);
  /// What moves no byte, and need not wait until those before it are paid for.
  void end(Callback<void()> task);
  /// Nobody waits for what is left.
  void drop();

 private:
  struct Piece {
    bool paced = false;
    Callback<std::uint64_t()> run;
  };
  void go_on();
  bool must_wait(const Piece& piece, Worker::Clock::time_point now);
  void tell(bool throttled);

  Worker& worker_;
  Pace pace_;
  const std::shared_ptr<Progress> progress_;  // may be null
  std::deque<Piece> waiting_;
  bool alarmed_ = false;
  bool throttled_ = false;
};

}  // namespace xmppftd
