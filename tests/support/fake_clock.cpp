// SPDX-License-Identifier: MIT
// Preloaded into a program (support/clock.py), it runs by a clock that the test turns: faster, and
// forward by hours at once. What sleeps wakes when that clock says so. The clock is a page that
// both have mapped.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Ns = std::int64_t;
constexpr Ns kSecond = 1'000'000'000;
constexpr Ns kNever = INT64_MAX;
constexpr Ns kSlice = kSecond / 50;  // of real time, after which a sleeper looks at the clock again

/// As clock.py writes it; `turns` is odd while it does.
struct Page {
  std::atomic<std::uint64_t> turns;
  std::atomic<Ns> since;   ///< real CLOCK_MONOTONIC at the last turn
  std::atomic<Ns> passed;  ///< ours then
  std::atomic<Ns> rate;    ///< how many of our seconds pass in one
  std::atomic<Ns> wall;    ///< CLOCK_REALTIME is ahead of ours by
  std::atomic<Ns> boot;    ///< and CLOCK_BOOTTIME
};

/// The library's function of that name.
template <class F>
F* real(const char* name, F* /*ours*/) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

const Page* page() {
  static const Page* const mapped = [] {
    const char* const path = std::getenv("XMPPFT_TEST_CLOCK");
    const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) std::abort();
    void* const at = mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (at == MAP_FAILED) std::abort();
    return static_cast<const Page*>(at);
  }();
  return mapped;
}

Ns as_ns(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
timespec as_timespec(Ns time) { return {time / kSecond, time % kSecond}; }

Ns real_now() {
  static auto* const real_clock_gettime = real("clock_gettime", &::clock_gettime);
  timespec now{};
  real_clock_gettime(CLOCK_MONOTONIC, &now);
  return as_ns(now);
}

struct Now {
  Ns monotonic, wall, boot, rate;
};

Now now() {
  const Page& clock = *page();
  for (;;) {
    const auto turns = clock.turns.load();
    const Ns rate = clock.rate.load();
    const Ns monotonic = clock.passed.load() + (real_now() - clock.since.load()) * rate;
    const Now read{monotonic, monotonic + clock.wall.load(), monotonic + clock.boot.load(), rate};
    if (turns % 2 == 0 && turns == clock.turns.load()) return read;
  }
}

Ns now(clockid_t clock) {
  const Now read = now();
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return read.wall;
  return clock == CLOCK_BOOTTIME ? read.boot : read.monotonic;
}

bool is_ours(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC ||
         clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
}

/// The end, by our monotonic clock, of a wait that begins now. Negative: none.
Ns end_after(Ns duration) { return duration < 0 ? kNever : now().monotonic + duration; }

/// How long to really sleep now, towards that end.
Ns slice(Ns end) {
  const Now read = now();
  return std::clamp<Ns>((end - read.monotonic) / read.rate, 0, kSlice);
}

/// Calls wait(real nanoseconds) until it gives something but 0, or the end is there.
template <class Wait>
int until(Ns end, Wait wait) {
  for (;;) {
    const int got = wait(end == kNever ? kSlice : slice(end));
    if (got != 0 || now().monotonic >= end) return got;
  }
}

int as_ms(Ns time) { return static_cast<int>((time + 999'999) / 1'000'000); }

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const real_clock_gettime = real("clock_gettime", &::clock_gettime);
  if (!is_ours(clock)) return real_clock_gettime(clock, time);
  *time = as_timespec(now(clock));
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const Ns read = now(CLOCK_REALTIME);
  *time = {read / kSecond, read % kSecond / 1000};
  return 0;
}

time_t time(time_t* into) noexcept {
  const time_t seconds = now(CLOCK_REALTIME) / kSecond;
  if (into != nullptr) *into = seconds;
  return seconds;
}

int poll(pollfd* fds, nfds_t count, int timeout) {
  static auto* const real_poll = real("poll", &::poll);
  if (timeout == 0) return real_poll(fds, count, 0);
  return until(end_after(timeout * Ns{1'000'000}),
               [&](Ns time) { return real_poll(fds, count, as_ms(time)); });
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  static auto* const real_ppoll = real("ppoll", &::ppoll);
  return until(end_after(timeout == nullptr ? -1 : as_ns(*timeout)), [&](Ns time) {
    const timespec part = as_timespec(time);
    return real_ppoll(fds, count, &part, mask);
  });
}

int epoll_pwait(int epoll, epoll_event* events, int most, int timeout, const sigset_t* mask) {
  static auto* const real_epoll_pwait = real("epoll_pwait", &::epoll_pwait);
  if (timeout == 0) return real_epoll_pwait(epoll, events, most, 0, mask);
  return until(end_after(timeout * Ns{1'000'000}),
               [&](Ns time) { return real_epoll_pwait(epoll, events, most, as_ms(time), mask); });
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  return epoll_pwait(epoll, events, most, timeout, nullptr);
}

int select(int count, fd_set* in, fd_set* out, fd_set* odd, timeval* timeout) {
  static auto* const real_select = real("select", &::select);
  const Ns end =
      end_after(timeout == nullptr ? -1 : timeout->tv_sec * kSecond + timeout->tv_usec * Ns{1000});
  fd_set kept[3];  // a select() that gives 0 has emptied them
  fd_set* const given[3] = {in, out, odd};
  for (int i = 0; i < 3; ++i)
    if (given[i] != nullptr) kept[i] = *given[i];
  return until(end, [&](Ns time) {
    for (int i = 0; i < 3; ++i)
      if (given[i] != nullptr) *given[i] = kept[i];
    timeval part{0, time / 1000};
    return real_select(count, in, out, odd, &part);
  });
}

int nanosleep(const timespec* time, timespec* left) {
  static auto* const real_nanosleep = real("nanosleep", &::nanosleep);
  if (left != nullptr) *left = {};
  return until(end_after(as_ns(*time)), [&](Ns part) {
    const timespec real_part = as_timespec(part);
    return real_nanosleep(&real_part, nullptr);
  });
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  const Ns duration = as_ns(*time) - ((flags & TIMER_ABSTIME) != 0 ? now(clock) : 0);
  const timespec rest = as_timespec(std::max<Ns>(duration, 0));
  return nanosleep(&rest, left) == 0 ? 0 : errno;
}

int usleep(useconds_t time) {
  const timespec whole = as_timespec(time * Ns{1000});
  return nanosleep(&whole, nullptr);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* end) {
  static auto* const real_pthread_cond_clockwait =
      real("pthread_cond_clockwait", &::pthread_cond_clockwait);
  const Ns until_then = now().monotonic + (as_ns(*end) - now(clock));
  const int got = until(until_then, [&](Ns part) {
    const timespec real_end = as_timespec(real_now() + part);
    const int woken = real_pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &real_end);
    return woken == 0 ? -1 : woken == ETIMEDOUT ? 0 : woken;
  });
  return got == 0 ? ETIMEDOUT : got == -1 ? 0 : got;
}

/// The futures of libstdc++ wait by it for a moment of a clock.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& each : a) each = va_arg(list, long);
  va_end(list);
  static auto* const real_syscall = real("syscall", &::syscall);
  const int command = number == SYS_futex ? static_cast<int>(a[1]) & FUTEX_CMD_MASK : -1;
  if (command != FUTEX_WAIT_BITSET || a[3] == 0)
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  const auto& end = *reinterpret_cast<const timespec*>(a[3]);
  const bool wall = (a[1] & FUTEX_CLOCK_REALTIME) != 0;
  const Now read = now();
  const Ns left = std::max<Ns>(0, (as_ns(end) - (wall ? read.wall : read.monotonic)) / read.rate);
  const timespec real_end = as_timespec(real_now() + left);
  return real_syscall(number, a[0], a[1] & ~long{FUTEX_CLOCK_REALTIME}, a[2], &real_end, a[4],
                      a[5]);
}

}  // extern "C"
