// SPDX-License-Identifier: MIT
//
// One file from disk through TCP on loopback to disk, both ends on this machine, each in a process
// of its own: a plain socket copy (read and send, recv and write, fdatasync) against our workers
// (digest on both sides, fsync). Run by hand:
//   bulk_throughput FOLDER [MiB=2048] [ALGO=sha-256|md5|none] [ROUNDS=5]
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "data/data_plane.h"
#include "data/file_io.h"
#include "uv/loop.h"

using namespace xmppftd;

namespace {

struct Setup {
  std::string source, folder;
  std::uint64_t size = 0;
  std::optional<HashAlgo> digest;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

UniqueFd listen_on_loopback(sockaddr_in& address) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) die("bind");
  if (::listen(listener.get(), 1) != 0) die("listen");
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return listener;
}

UniqueFd connect_to(const sockaddr_in& address) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    die("connect");
  return socket;
}

void plain_send(UniqueFd socket, const Setup& setup) {
  const UniqueFd file(::open(setup.source.c_str(), O_RDONLY | O_CLOEXEC));
  const auto buffer = std::make_unique<Quantum>();
  for (;;) {
    const auto n = ::read(file.get(), buffer->bytes, kQuantum);
    if (n <= 0) return;
    for (ssize_t sent = 0; sent < n;) {
      const auto m = ::send(socket.get(), buffer->bytes + sent, static_cast<std::size_t>(n - sent),
                            MSG_NOSIGNAL);
      if (m < 0) die("send");
      sent += m;
    }
  }
}

void plain_receive(UniqueFd socket, const Setup& setup) {
  const auto path = setup.folder + "/plain-copy";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const auto buffer = std::make_unique<Quantum>();
  for (;;) {
    const auto n = ::recv(socket.get(), buffer->bytes, kQuantum, 0);
    if (n <= 0) break;
    if (::write(file.get(), buffer->bytes, static_cast<std::size_t>(n)) != n) die("write");
  }
  if (::fdatasync(file.get()) != 0) die("fdatasync");
  ::unlink(path.c_str());
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::_Exit(1);
}
void must(Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::_Exit(1);
}

void our_send(UniqueFd socket, const Setup& setup) {
  Loop loop;
  DataPlane plane(loop);
  std::unique_ptr<BulkTask> move;
  plane.files().open_source(setup.source, [&](Result<std::shared_ptr<OpenFile>> file) {
    move = plane.bulk().send(std::move(socket), {must(std::move(file)), setup.digest},
                             {0, setup.size}, StreamEnd::ShutdownAndWait,
                             std::make_shared<Progress>(), [&](Result<Moved> moved) {
                               must(std::move(moved));
                               loop.stop();
                             });
  });
  loop.run();
}

void our_receive(UniqueFd socket, const Setup& setup) {
  Loop loop;
  DataPlane plane(loop);
  std::unique_ptr<BulkTask> move;
  plane.files().create_part(
      setup.folder, new_part_file_name(), setup.size, 0,
      [&](Result<std::shared_ptr<PartFile>> created) {
        auto part = must(std::move(created));
        move = plane.bulk().receive(
            std::move(socket), {part->file, setup.digest}, {0, setup.size},
            std::make_shared<Progress>(), [&, part](Result<Moved> moved) {
              must(std::move(moved));
              plane.files().sync_part(part, setup.size, [&, part](Result<void> synced) {
                must(std::move(synced));
                plane.files().discard(part, [&](Result<void>) { loop.stop(); });
              });
            });
      });
  loop.run();
}

struct Run {
  double seconds = 0, sender_cpu = 0, receiver_cpu = 0;
};

double cpu_of(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Send, class Receive>
Run measure(const Setup& setup, Send send, Receive receive) {
  sockaddr_in address;
  const auto listener = listen_on_loopback(address);
  const auto start = std::chrono::steady_clock::now();
  const pid_t sender = ::fork();
  if (sender == 0) {
    send(connect_to(address), setup);
    std::_Exit(0);
  }
  const pid_t receiver = ::fork();
  if (receiver == 0) {
    receive(UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)), setup);
    std::_Exit(0);
  }
  rusage sent{}, received{};
  int status = 0;
  ::wait4(sender, &status, 0, &sent);
  if (status != 0) std::exit(1);
  ::wait4(receiver, &status, 0, &received);
  if (status != 0) std::exit(1);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {took.count(), cpu_of(sent), cpu_of(received)};
}

double report(const char* what, std::vector<Run>& runs, std::uint64_t size) {
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return a.seconds < b.seconds; });
  const auto& median = runs[runs.size() / 2];
  const double gib = static_cast<double>(size) / (1u << 30);
  std::printf(
      "%-6s median %.2f s (%.2f to %.2f), %.2f GiB/s; CPU of sender %.2f s, of receiver %.2f s\n",
      what, median.seconds, runs.front().seconds, runs.back().seconds, gib / median.seconds,
      median.sender_cpu, median.receiver_cpu);
  return median.seconds;
}

void make_source(const Setup& setup) {
  const UniqueFd file(::open(setup.source.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  Bytes noise(1u << 20);
  std::uint32_t seed = 1;
  for (std::uint64_t written = 0; written < setup.size; written += noise.size()) {
    for (auto& byte : noise)
      byte = static_cast<std::uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
    noise.resize(std::min<std::uint64_t>(noise.size(), setup.size - written));
    must(write_all(file.get(), noise, written));
  }
  ::fsync(file.get());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [MiB] [sha-256|md5|none] [ROUNDS]\n", argv[0]);
    return 2;
  }
  Setup setup;
  setup.folder = argv[1];
  setup.source = setup.folder + "/throughput-source";
  setup.size = (argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2048) << 20;
  setup.digest = hash_algo_from(argc > 3 ? argv[3] : "sha-256");
  const int rounds = argc > 4 ? std::atoi(argv[4]) : 5;
  make_source(setup);
  std::vector<Run> plain, ours;
  for (int i = 0; i < rounds; ++i) {
    plain.push_back(measure(setup, plain_send, plain_receive));
    ours.push_back(measure(setup, our_send, our_receive));
  }
  ::unlink(setup.source.c_str());
  const double base = report("plain", plain, setup.size);
  const double own = report("ours", ours, setup.size);
  std::printf("ours moves at %.2f of the plain copy's speed\n", base / own);
}
