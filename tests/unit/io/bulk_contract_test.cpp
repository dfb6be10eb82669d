// SPDX-License-Identifier: MIT
//
// What io/bulk.h promises, of the workers and of the doubles that play them: the same cases for
// all. Blocks and digests here, streams in stream_contract_test.cpp.
#include <catch2/catch.hpp>

#include "../data/temp_dir.h"
#include "../data/test_core.h"
#include "bulk_stage.h"

namespace bulk_contract_test {

using namespace xmppftd;
using namespace xmppftd::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<BulkStage> any_stage() {
  return GENERATE(from_range(std::begin(kBulks), std::end(kBulks)))();
}

constexpr std::size_t kHeld = 64 * 1024;  // of a file's end

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
Hash sha_of(std::string_view text) { return Digest::of(HashAlgo::Sha256, view_of(text)); }

}  // namespace

TEST_CASE("contract: blocks are read in order, as asked, up to the range's end", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(1000);
  const auto reader = stage->bulk().read_blocks({stage->file(content)}, {10, 900}, nullptr);
  std::string order, got;
  for (int i = 0; i < 64; ++i)
    reader->read(15, [&, i](Result<Bytes> block) {
      order += static_cast<char>(i);
      got.append(block->begin(), block->end());
    });
  Outcome<Moved> finished;
  reader->finish(finished.callback());
  CHECK(order.empty());  // never before the call returns
  CHECK(finished.calls == 0);
  stage->run_until([&] { return finished.arrived(); });
  stage->settle();
  CHECK(finished.calls == 1);
  REQUIRE(order.size() == 64);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(got == content.substr(10, 900));
  CHECK(finished.result->value().bytes == 900);
  CHECK_FALSE(finished.result->value().hash);
}

TEST_CASE("contract: the digest of what is sent begins with the file", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(3'000'000);
  const auto range = GENERATE(ByteRange{0, 1000}, ByteRange{1, 999}, ByteRange{2'999'000, 1000},
                              ByteRange{3'000'000, 0}, ByteRange{0, 0}, ByteRange{5, 10});
  const auto file = stage->file(content);
  const auto reader = stage->bulk().read_blocks({file, HashAlgo::Sha256}, range, nullptr);
  Outcome<Bytes> block;
  Outcome<Moved> finished;
  reader->read(1000, block.callback());
  reader->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(finished.result->value().bytes == range.length);
  CHECK(finished.result->value().hash == sha_of(content.substr(0, range.end())));
}

TEST_CASE("contract: the digest of what is received begins with what was kept", "[contract]") {
  const auto stage = any_stage();
  const auto kept = noise(GENERATE(0u, 1u, 2'000'000u));
  const auto file = stage->file(kept);
  const auto writer =
      stage->bulk().write_blocks({file, HashAlgo::Sha256}, {kept.size(), 6}, nullptr);
  std::string order;
  for (const char* block : {"abc", "", "def"})
    writer->write(bytes_of(block), [&order, block](Result<void> result) {
      if (result) order += std::string(block) + ".";
    });
  Outcome<Moved> finished;
  writer->finish(finished.callback());
  CHECK(order.empty());
  CHECK(finished.calls == 0);
  stage->run_until([&] { return finished.arrived(); });
  stage->settle();
  CHECK(finished.calls == 1);
  CHECK(order == "abc..def.");
  CHECK(stage->content(*file) == kept + "abcdef");
  CHECK(finished.result->value().bytes == 6);
  CHECK(finished.result->value().hash == sha_of(kept + "abcdef"));
}

TEST_CASE("contract: there is no digest where the bytes before the range are gone", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("kept");
  const auto reader = stage->bulk().read_blocks({file, HashAlgo::Sha256}, {4, 0}, nullptr);
  stage->rewrite(*file, "kep");
  Outcome<Moved> finished;
  reader->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(finished.error() == Errc::FileChanged);
}

TEST_CASE("contract: a file that ends before the range is FileChanged from then on", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file(noise(200'000));
  const auto reader = stage->bulk().read_blocks({file}, {50'000, 150'000}, nullptr);
  const auto left = GENERATE(0u, 50'009u);
  stage->rewrite(*file, noise(left));
  Outcome<Bytes> first, second;
  Outcome<Moved> finished;
  reader->read(10, first.callback());
  stage->run_until([&] { return first.arrived(); });
  stage->rewrite(*file, noise(200'000));
  reader->read(10, second.callback());
  reader->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(first.error() == Errc::FileChanged);
  CHECK(second.error() == Errc::FileChanged);
  CHECK(finished.error() == Errc::FileChanged);
}

TEST_CASE("contract: the last 64 KiB of a file that changed are not given", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(200'000);
  const auto file = stage->file(content);
  const auto reader = stage->bulk().read_blocks({file}, {0, content.size()}, nullptr);
  stage->rewrite(*file, "changed" + content.substr(7));
  Outcome<Bytes> first, second, third;
  Outcome<Moved> finished;
  reader->read(content.size() - kHeld, first.callback());
  reader->read(1, second.callback());
  reader->read(1, third.callback());
  reader->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(first.result->ok());
  CHECK(second.error() == Errc::FileChanged);
  CHECK(third.error() == Errc::FileChanged);
  CHECK(finished.error() == Errc::FileChanged);
}

TEST_CASE("contract: a byte past the range is Protocol from then on, and not written",
          "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("");
  const auto writer = stage->bulk().write_blocks({file}, {0, 5}, nullptr);
  Outcome<void> first, second, third;
  Outcome<Moved> finished;
  writer->write(bytes_of("abc"), first.callback());
  writer->write(bytes_of("def"), second.callback());
  writer->write(bytes_of("d"), third.callback());
  writer->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(first.result->ok());
  CHECK(second.error() == Errc::Protocol);
  CHECK(third.error() == Errc::Protocol);
  CHECK(finished.error() == Errc::Protocol);
  CHECK(stage->content(*file) == "abc");
}

TEST_CASE("contract: an end before the range is full is Interrupted", "[contract]") {
  const auto stage = any_stage();
  const auto writer = stage->bulk().write_blocks({stage->file("")}, {0, 5}, nullptr);
  Outcome<void> written;
  Outcome<Moved> finished;
  writer->write(bytes_of("abcd"), written.callback());
  writer->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(finished.error() == Errc::Interrupted);
}

TEST_CASE("contract: once a block end is destroyed nobody is called", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file(noise(100));
  auto reader = stage->bulk().read_blocks({file}, {0, 100}, nullptr);
  auto writer = stage->bulk().write_blocks({file}, {100, 1}, nullptr);
  Outcome<Bytes> block;
  Outcome<void> written;
  Outcome<Moved> sent, received;
  reader->read(10, block.callback());
  reader->finish(sent.callback());
  writer->write(bytes_of("x"), written.callback());
  writer->finish(received.callback());
  reader.reset();
  writer.reset();
  stage->settle();
  CHECK(block.calls + written.calls + sent.calls + received.calls == 0);
}

TEST_CASE("contract: a callback may destroy its own block end, and then none follows",
          "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file(noise(100));
  int calls = 0;
  Outcome<Moved> finished;
  SECTION("reader") {
    auto reader = stage->bulk().read_blocks({file}, {0, 100}, nullptr);
    for (int i = 0; i < 2; ++i)
      reader->read(10, [&](Result<Bytes>) {
        ++calls;
        reader.reset();
      });
    reader->finish(finished.callback());
    stage->run_until([&] { return calls > 0; });
  }
  SECTION("writer") {
    auto writer = stage->bulk().write_blocks({file}, {0, 100}, nullptr);
    for (int i = 0; i < 2; ++i)
      writer->write(bytes_of("x"), [&](Result<void>) {
        ++calls;
        writer.reset();
      });
    writer->finish(finished.callback());
    stage->run_until([&] { return calls > 0; });
  }
  stage->settle();
  CHECK(calls == 1);
  CHECK(finished.calls == 0);
}

TEST_CASE("contract: a file's next writer finds the last one's bytes, never the other way round",
          "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("");
  auto old = stage->bulk().write_blocks({file}, {0, 5}, nullptr);
  Outcome<void> dropped, fresh;
  for (int i = 0; i < 5; ++i) old->write(bytes_of("x"), dropped.callback());
  old.reset();
  const auto next = stage->bulk().write_blocks({file}, {0, 5}, nullptr);
  next->write(bytes_of("fresh"), fresh.callback());
  stage->run_until([&] { return fresh.arrived(); });
  stage->settle();
  CHECK(stage->content(*file) == "fresh");
  CHECK(dropped.calls == 0);
}

TEST_CASE("contract: a digest is of exactly its range", "[contract]") {
  const auto stage = any_stage();
  const auto content = noise(5'000'000);
  const auto file = stage->file(content);
  const auto range = GENERATE(ByteRange{0, 5'000'000}, ByteRange{17, 4'000'001}, ByteRange{5, 0});
  auto progress = std::make_shared<Progress>();
  Outcome<Hash> hashed;
  const auto move = stage->bulk().hash(file, range, HashAlgo::Sha256, progress, hashed.callback());
  CHECK(hashed.calls == 0);
  stage->run_until([&] { return hashed.arrived(); });
  stage->settle();
  CHECK(hashed.calls == 1);
  CHECK(hashed.result->value() == sha_of(content.substr(range.offset, range.length)));
  CHECK(progress->bytes == range.length);
}

TEST_CASE("contract: no digest of a file that is too short", "[contract]") {
  const auto stage = any_stage();
  const auto range = GENERATE(ByteRange{0, 6}, ByteRange{6, 1});
  Outcome<Hash> hashed;
  const auto move =
      stage->bulk().hash(stage->file("short"), range, HashAlgo::Md5, nullptr, hashed.callback());
  stage->run_until([&] { return hashed.arrived(); });
  CHECK(hashed.error() == Errc::FileChanged);
}

TEST_CASE("contract: a digest that nobody waits for calls nobody", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file("content");
  Outcome<Hash> dropped;
  bool called = false;
  std::unique_ptr<HashTask> suicidal;
  suicidal = stage->bulk().hash(file, {0, 7}, HashAlgo::Md5, nullptr, [&](Result<Hash>) {
    suicidal.reset();
    called = true;
  });
  stage->bulk().hash(file, {0, 7}, HashAlgo::Md5, nullptr, dropped.callback()).reset();
  stage->run_until([&] { return called; });
  stage->settle();
  CHECK(dropped.calls == 0);
}

// Pace.

TEST_CASE("contract: blocks keep the limit of their own or the one they share, until it is lifted",
          "[contract]") {
  const auto stage = any_stage();
  const bool reading = GENERATE(true, false), shared = GENERATE(true, false);
  const auto file = stage->file(noise(4000));
  const auto throttle = shared ? std::make_shared<Throttle>(1) : nullptr;
  auto progress = std::make_shared<Progress>();
  std::unique_ptr<BlockReader> reader;
  std::unique_ptr<BlockWriter> writer;
  Paced* paced = nullptr;
  Outcome<Bytes> first_read, second_read;
  Outcome<void> first_write, second_write;
  Outcome<Moved> finished;
  const FileEnd end{file, std::nullopt, throttle};
  // The first block pays with the time before the second: more than an hour.
  if (reading) {
    reader = stage->bulk().read_blocks(end, {0, 4000}, progress);
    paced = reader.get();
    if (!shared) paced->set_rate(1);
    reader->read(3999, first_read.callback());
    reader->read(1, second_read.callback());
    reader->finish(finished.callback());
  } else {
    writer = stage->bulk().write_blocks(end, {0, 4000}, progress);
    paced = writer.get();
    if (!shared) paced->set_rate(1);
    writer->write(Bytes(3999), first_write.callback());
    writer->write(Bytes(1), second_write.callback());
    writer->finish(finished.callback());
  }
  stage->run_until(
      [&] { return (first_read.arrived() || first_write.arrived()) && progress->throttled; });
  stage->settle();
  CHECK(second_read.calls + second_write.calls + finished.calls == 0);
  CHECK(progress->bytes == 0);  // theirs to say who carry the blocks
  const auto before = stage->now();
  shared ? throttle->set_rate(0) : paced->set_rate(0);
  stage->run_until([&] { return finished.arrived(); });
  CHECK(stage->now() - before < 30s);
  CHECK(finished.result->ok());
  CHECK(second_read.calls + second_write.calls == 1);
  CHECK_FALSE(progress->throttled);
}

TEST_CASE("contract: an open range takes blocks until it is finished, and not past its most",
          "[contract]") {
  const auto stage = any_stage();
  const std::size_t blocks = GENERATE(0u, 1u, 3u);
  const auto file = stage->file("kept ");
  const auto writer = stage->bulk().write_blocks({file, HashAlgo::Sha256}, {5, 15, true}, nullptr);
  std::string content = "kept ";
  Outcome<void> wrote, surplus;
  Outcome<Moved> finished;
  for (std::size_t i = 0; i < blocks; ++i) {
    writer->write({'a', 'b', 'c', 'd', 'e'}, wrote.callback());
    content += "abcde";
  }
  const bool over = blocks == 3 && GENERATE(false, true);
  if (over) writer->write({'f'}, surplus.callback());
  writer->finish(finished.callback());
  stage->run_until([&] { return finished.arrived(); });
  CHECK(stage->content(*file) == content);
  if (over) {
    CHECK(surplus.error() == Errc::Protocol);
    CHECK(finished.error() == Errc::Protocol);
  } else {
    REQUIRE(finished.result->ok());
    CHECK(finished.result->value().bytes == content.size() - 5);
    CHECK(finished.result->value().hash == Digest::of(HashAlgo::Sha256, view_of(content)));
  }
}

TEST_CASE("contract: no block is ahead of its pace", "[contract]") {
  const auto stage = any_stage();
  const auto file = stage->file(noise(1000));
  const bool from_the_start = GENERATE(true, false);
  const auto reader = stage->bulk().read_blocks(
      {file, std::nullopt, nullptr, from_the_start ? 10'000u : 0u}, {0, 1000}, nullptr);
  if (!from_the_start) reader->set_rate(10'000);
  const auto start = stage->now();
  Outcome<Bytes> block;
  for (int i = 0; i < 10; ++i) reader->read(100, block.callback());
  stage->run_until([&] { return block.calls == 10; });
  // The first is free, and 50 ms of the time are a gift.
  CHECK(stage->now() - start >= 40ms);
}

TEST_CASE("contract: a block end that waits for its pace lets go of the file when destroyed",
          "[contract]") {
  const auto stage = any_stage();
  auto file = stage->file(noise(4000));
  const std::weak_ptr<OpenFile> watched = file;
  auto progress = std::make_shared<Progress>();
  Outcome<Bytes> first, second;
  auto reader = stage->bulk().read_blocks({std::move(file)}, {0, 4000}, progress);
  reader->set_rate(1);
  reader->read(3999, first.callback());
  reader->read(1, second.callback());
  stage->run_until([&] { return progress->throttled.load(); });
  reader.reset();
  stage->run_until([&] { return watched.expired(); });
  CHECK(second.calls == 0);
}

}  // namespace bulk_contract_test
