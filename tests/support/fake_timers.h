// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "io/timer.h"

namespace xmppftd::test {

/// A clock that moves only when told. Timers fire inside advance(), earliest first, those due
/// together in the order they were started; each sees its own due time as now(). A timer started by
/// a firing one joins in when it is due within the same advance().
///
///   FakeTimers timers;
///   auto timer = timers.after(5s, [&] { ... });
///   timers.advance(4999ms);   // nothing
///   timers.advance(1ms);      // fires
class FakeTimers final : public Timers {
 public:
  Clock::time_point now() const override { return table_->now; }

  [[nodiscard]] std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                             Callback<void()> fire) override {
    const Key key{table_->now + std::max(delay, std::chrono::milliseconds(0)), table_->started++};
    table_->running.emplace(key, std::move(fire));
    return std::make_unique<Handle>(table_, key);
  }

  void advance(std::chrono::milliseconds by) {
    const auto table = table_;  // a firing timer may destroy us
    const auto until = table->now + by;
    for (int fired = 0; !table->running.empty() && table->running.begin()->first.first <= until;
         ++fired) {
      if (fired == 100'000)
        throw std::logic_error("FakeTimers: timers re-arm themselves without end");
      auto next = table->running.extract(table->running.begin());
      table->now = next.key().first;
      next.mapped()();
    }
    table->now = until;
  }
  /// Fires what is due now: the timers of delay 0, "the next turn of the loop".
  void turn() { advance(std::chrono::milliseconds(0)); }

  std::size_t running() const { return table_->running.size(); }
  /// Time until the next one fires.
  std::optional<std::chrono::milliseconds> next() const {
    if (table_->running.empty()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        table_->running.begin()->first.first - table_->now);
  }

 private:
  using Key = std::pair<Clock::time_point, unsigned long>;  // due, order of starting
  struct Table {
    Clock::time_point now{std::chrono::hours(1)};
    unsigned long started = 0;
    std::map<Key, Callback<void()>> running;
  };
  struct Handle final : Timer {
    Handle(std::weak_ptr<Table> owner, Key its_key) : table(std::move(owner)), key(its_key) {}
    ~Handle() override {
      if (const auto alive = table.lock()) alive->running.erase(key);
    }
    std::weak_ptr<Table> table;
    Key key;
  };
  std::shared_ptr<Table> table_ =
      std::make_shared<Table>();  // shared with handles that may outlive us
};

}  // namespace xmppftd::test
