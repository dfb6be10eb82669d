// SPDX-License-Identifier: MIT
// A file whose stream was lost goes on where it stopped, where that is proven to be right.
#include "unit/transfer/house.h"

namespace resume_test {

using namespace xmppftd;
using namespace xmppftd::test;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

Hash md5(const std::string& hex) { return {HashAlgo::Md5, hex}; }

/// Bytes come into the file of an open stream.
void write(House& house, Line& line, std::uint64_t bytes) {
  line.progress.bytes = bytes;
  house.disk.inodes[line.file.file->identity.inode].size = line.range.offset + bytes;
}

void lose(House& house, Line& line) {
  line.handler->on_end(Error{Errc::Interrupted, "reset"});
  house.settle();
}

std::vector<std::string> steps(House& house, JobId id) {
  std::vector<std::string> lines;
  for (const auto& entry : house.disk.stories[id])
    lines.push_back(entry.what + ": " + entry.detail);
  return lines;
}
bool told(House& house, JobId id, const std::string& what) {
  const auto lines = steps(house, id);
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(what) != std::string::npos; });
}

/// Job 1, of which `bytes` came before its stream was lost.
std::uint64_t lose_at(House& house, std::uint64_t bytes, const Offer& offer) {
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  write(house, *line, bytes);
  const auto inode = line->file.file->identity.inode;
  lose(house, *line);
  REQUIRE(house.state(1) == "queued/waiting-peer");
  CHECK(house.job(1).transferred == bytes);
  CHECK(house.disk.rows[1].durable == bytes);
  return inode;
}

}  // namespace

TEST_CASE("resume: the rest is asked for, and goes into the same file", "[resume]") {
  House house;
  house.start();
  const auto offer = House::offer_of("notes.txt", 1000);
  const auto inode = lose_at(house, 700, offer);
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range == ByteRange{700, 300});
  CHECK(house.job(1).offset == 700);
  auto line = again->talk->open("si-ibb", "", std::nullopt, HashAlgo::Sha256);
  house.settle();
  CHECK(house.state(1) == "active");
  CHECK(line->range == ByteRange{700, 300});
  CHECK(line->file.file->identity.inode == inode);
  CHECK(line->file.digest == HashAlgo::Sha256);
  CHECK(house.disk.inodes[inode].size == 700);
  CHECK(told(house, 1, "active: si-ibb, from byte 700 on"));
  CHECK(house.queue->progress(1).transferred == 700);
  line->progress.bytes = 100;
  CHECK(house.queue->progress(1).transferred == 800);
  SECTION("until it is done") {
    write(house, *line, 300);
    house.disk.inodes[inode].whole = true;
    line->handler->on_end(Moved{300, Hash{HashAlgo::Sha256, "aa"}});
    house.settle();
    again->talk->receiver->on_declared(Hash{HashAlgo::Sha256, "aa"});
    house.settle();
    CHECK(house.state(1) == "done");
    CHECK(told(house, 1, "interrupted: reset; its first 700 bytes are kept"));
    CHECK(told(house, 1, "accepted: into /in, where its first 700 bytes are"));
    CHECK(told(house, 1, "done: /in/notes.txt; all of it is what its sender's sha-256 says"));
    CHECK(house.job(1).transferred == 1000);
    CHECK(house.disk.names["/in/notes.txt"] == inode);
    CHECK(house.disk.parts().empty());
  }
  SECTION("again and again") {
    for (std::uint64_t there = 800; there <= 900; there += 50) {
      write(house, *line, there - line->range.offset);
      lose(house, *line);
      again = house.offered(offer);
      REQUIRE(again->talk);
      CHECK(again->talk->terms->range == ByteRange{there, 1000 - there});
      line = again->talk->open();
      house.settle();
    }
  }
  SECTION("also when the stream that was agreed on is never opened") {
    line->handler->on_end(Error{Errc::Interrupted, "reset at once"});
    house.settle();
    CHECK(house.offered(offer)->talk->terms->range == ByteRange{700, 300});
  }
}

TEST_CASE("resume: from the start where the rest cannot be trusted to fit", "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  std::string why;
  SECTION("a sender that cannot begin elsewhere") {
    offer.ranges = false;
    why = "from the start: the sender's program cannot go on where it stopped";
  }
  SECTION("neither hash nor date, though it follows at once") {
    offer.file.modified.reset();
    why = "from the start: neither a hash nor a date says that it is the same file";
  }
  const auto inode = lose_at(house, 700, offer);
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range == ByteRange{0, 1000});
  CHECK(told(house, 1, why));
  auto line = again->talk->open();
  house.settle();
  CHECK(line->file.file->identity.inode == inode);  // the file serves again, empty
  CHECK(house.disk.inodes[inode].size == 0);
  CHECK(house.disk.rows[1].durable == 0);
  CHECK(house.disk.parts().size() == 1);
}

TEST_CASE("resume: never into the file of another sender, or with other content", "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000, kAnn + "/phone", md5("aa"));
  lose_at(house, 700, offer);
  SECTION("another contact with the same name, size, date and hash") {
    offer.peer = jid(kBob + "/phone");
  }
  SECTION("another hash") { offer.file.hash = md5("bb"); }
  SECTION("another size") { offer.file.size = 1001; }
  SECTION("another name") { offer.file.name = "notes2.txt"; }
  auto other = house.offered(offer);
  CHECK_FALSE(other->talk);  // a question of its own
  REQUIRE(house.accept(2));
  CHECK(other->talk->terms->range == ByteRange{0, offer.file.known_size()});
  CHECK(house.state(1) == "queued/waiting-peer");
}

TEST_CASE("resume: what nobody will check must be on disk for good", "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  const std::string check = GENERATE("none", "hash", "id", "confirms, but names no file");
  CAPTURE(check);
  offer.can_confirm = check != "none" && check != "hash";
  if (check == "hash") offer.file.hash = md5("aa");
  if (check == "id") offer.file_id = "f1";
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  write(house, *line, 600);
  house.pass(3s);
  REQUIRE(house.disk.rows[1].durable == 600);
  write(house, *line, 700);
  house.files.holds_sync = true;  // what came after that may be lost with the machine
  lose(house, *line);
  const auto again = house.offered(offer);
  REQUIRE(again->talk);
  const bool checked = check == "hash" || check == "id";
  CHECK(again->talk->terms->range.offset == (checked ? 700 : 600));
}

TEST_CASE("resume: a digest that was counted on and never comes costs the file once more",
          "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  lose_at(house, 700, offer);
  auto again = house.offered(offer);
  REQUIRE(again->talk->terms->range.offset == 700);
  house.deliver(*again);  // its sender says that it is done, and not what it sent
  REQUIRE(house.state(1) == "queued/waiting-peer");
  CHECK(told(house, 1, "mismatch: "));
  CHECK(house.disk.parts().empty());
  auto third = house.offered(offer);
  CHECK(third->talk->terms->range == ByteRange{0, 1000});
  house.deliver(*third);
  CHECK(house.state(1) == "done");
  CHECK(told(house, 1, "done: /in/notes.txt; its sender gave no digest: only its size"));
  CHECK(house.job(1).hash_state == HashState::SizeOnly);
}

TEST_CASE("resume: what was kept before a restart and cannot serve is told", "[resume]") {
  Disk disk;
  auto offer = House::offer_of("notes.txt", 1000);
  offer.ranges = false;
  {
    House house(&disk);
    house.start();
    auto answer = house.offered(offer);
    REQUIRE(house.accept(1));
    auto line = answer->talk->open();
    house.settle();
    write(house, *line, 700);
  }
  House house(&disk);
  house.start();
  CHECK(house.offered(offer)->talk->terms->range == ByteRange{0, 1000});
  CHECK(told(house, 1, "from the start: the sender's program cannot go on where it stopped"));
}

TEST_CASE("resume: a late word of the disk does not speak of the next attempt's file", "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  write(house, *line, 700);
  house.files.holds_sync = true;
  lose(house, *line);
  offer.ranges = false;
  house.offered(offer)->talk->open();
  house.settle();
  REQUIRE(house.state(1) == "active");
  house.files.release_sync();
  house.settle();
  CHECK(house.job(1).durable == 0);
  CHECK(house.disk.rows[1].durable == 0);
}

TEST_CASE("resume: what was kept and does not fit is sent once more, from the start", "[resume]") {
  House house;
  house.start();
  const auto offer = House::offer_of("notes.txt", 1000, kAnn + "/phone", md5("aa"));
  lose_at(house, 700, offer);
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  house.deliver(*again, std::nullopt, md5("bb"));
  REQUIRE(house.state(1) == "queued/waiting-peer");
  CHECK(again->talk->failed->code == Errc::Interrupted);  // the sender offers it again
  CHECK(house.disk.parts().empty());
  CHECK(told(house, 1, "mismatch: "));
  auto third = house.offered(offer);
  REQUIRE(third->talk);
  CHECK(third->talk->terms->range == ByteRange{0, 1000});
  const bool right = GENERATE(true, false);
  house.deliver(*third, std::nullopt, md5(right ? "aa" : "bb"));
  CHECK(house.state(1) == (right ? "done" : "failed/hash-mismatch"));
  CHECK(house.disk.parts().empty());
}

TEST_CASE("resume: all bytes but the sender's word: the last one comes again", "[resume]") {
  House house;
  house.start();
  const std::uint64_t size = GENERATE(1000u, 1u, 0u);
  const auto offer = House::offer_of("notes.txt", size);
  auto answer = house.offered(offer);
  REQUIRE(house.accept(1));
  auto line = answer->talk->open();
  house.settle();
  write(house, *line, size);
  line->handler->on_end(Moved{line->range.length, std::nullopt});
  house.settle();
  REQUIRE(house.state(1) == "verifying");
  answer->talk->handler->on_ended({Errc::Interrupted, "the server was away for hours"});
  house.settle();
  REQUIRE(house.state(1) == "queued/waiting-peer");
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == (size == 0 ? size : size - 1));
  CHECK(again->talk->terms->range.end() == size);
  house.deliver(*again);
  CHECK(house.state(1) == "done");
}

TEST_CASE("resume: what somebody did to the part file is noticed", "[resume]") {
  House house;
  house.start();
  const auto offer = House::offer_of("notes.txt", 1000);
  const auto inode = lose_at(house, 700, offer);
  const std::string what = GENERATE("removed", "replaced", "longer", "cut", "cut later");
  CAPTURE(what);
  if (what == "removed") house.disk.names.erase(house.disk.parts().front());
  if (what == "replaced")
    house.disk.names[house.disk.parts().front()] = house.disk.add("/elsewhere", 700);
  if (what == "longer") house.disk.inodes[inode].size = 1001;
  if (what == "cut") house.disk.inodes[inode].size = 10;
  const std::uint64_t from = what == "cut" ? 10 : what == "cut later" ? 700 : 0;
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range.offset == from);
  if (what == "cut later") house.disk.inodes[inode].size = 5;
  again->talk->open();
  house.settle();
  CHECK(house.state(1) == (what == "cut later" ? "queued/waiting-peer" : "active"));
  CHECK(house.disk.parts().size() == (what == "replaced" ? 2u : 1u));
}

TEST_CASE("resume: after a restart", "[resume]") {
  Disk disk;
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  const bool killed = GENERATE(true, false);
  std::uint64_t inode = 0;
  {
    House house(&disk);
    house.start();
    if (killed) {
      auto answer = house.offered(offer);
      REQUIRE(house.accept(1));
      auto line = answer->talk->open();
      house.settle();
      write(house, *line, 700);
      inode = line->file.file->identity.inode;
    } else {
      inode = lose_at(house, 700, offer);
    }
  }
  House house(&disk);
  house.start();
  REQUIRE(house.state(1) == "queued/waiting-peer");
  auto again = house.offered(offer);
  REQUIRE(again->talk);
  CHECK(again->talk->terms->range == ByteRange{700, 300});
  const Hash hash{HashAlgo::Sha256, "aa"};
  house.deliver(*again, hash, hash);
  CHECK(house.state(1) == "done");
  CHECK(disk.names["/in/notes.txt"] == inode);
  CHECK(disk.parts().empty());
}

TEST_CASE("resume: a second offer while the first one's stream is awaited keeps its beginning",
          "[resume]") {
  House house;
  house.start();
  const auto offer = House::offer_of("notes.txt", 1000);
  lose_at(house, 700, offer);
  REQUIRE(house.offered(offer)->talk);
  auto second = house.offered(offer);  // by another way
  REQUIRE(second->talk);
  CHECK(second->talk->terms->range == ByteRange{700, 300});
  SECTION("its sender sends all the same: all of it is taken") {
    auto line = second->talk->open("si-ibb", "", ByteRange{0, 1000});
    house.settle();
    CHECK(house.state(1) == "active");
    CHECK(house.job(1).offset == 0);
    CHECK(house.disk.inodes[line->file.file->identity.inode].size == 0);
  }
}

TEST_CASE("resume: a name that the journal has is a file of ours, made or not", "[resume]") {
  Disk disk;
  const auto offer = House::offer_of("notes.txt", 1000);
  for (int met = 0;; ++met) {
    disk = {};
    bool down = false;
    {
      House house(&disk);
      house.start();
      auto answer = house.offered(offer);
      REQUIRE(house.accept(1));
      house.crash.left = met;
      answer->talk->open();
      house.settle();
      down = house.crash.down;
    }
    House house(&disk);
    house.start();
    CAPTURE(met);
    if (disk.parts().size() == 1) {
      CHECK(disk.parts().front() == "/in/" + disk.rows[1].part_name);
      CHECK(disk.rows[1].part.inode == disk.names[disk.parts().front()]);
    }
    auto again = house.offered(offer);
    REQUIRE(again->talk);
    house.deliver(*again);
    CHECK(house.state(1) == "done");
    CHECK(disk.parts().empty());
    if (!down) break;
  }
}

TEST_CASE("file id: it alone tells two offers of one sender apart", "[resume]") {
  House house;
  house.start();
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  lose_at(house, 700, offer);
  CHECK(house.job(1).file_id == "f1");
  SECTION("another one: a file of its own, of equal name, size and date") {
    offer.file_id = "f2";
    house.offered(offer);
    CHECK(house.state(2) == "offered/awaiting-user");
    CHECK(house.state(1) == "queued/waiting-peer");
  }
  SECTION("the same: goes on, though neither hash nor date would prove it") {
    offer.file.modified.reset();
    CHECK(house.offered(offer)->talk->terms->range.offset == 700);
  }
  SECTION("the same of another contact, or of another size: nobody's") {
    if (GENERATE(true, false))
      offer.peer = jid(kBob + "/phone");
    else
      offer.file.size = 1001;
    CHECK_FALSE(house.offered(offer)->talk);
    CHECK(house.queue->newest() == 2);
  }
}

TEST_CASE("done once: whoever offers again what is here is told so", "[resume]") {
  Disk disk;
  auto offer = House::offer_of("notes.txt", 1000);
  offer.file_id = "f1";
  const Hash hash{HashAlgo::Sha256, "aa"};
  {
    House house(&disk);
    house.start();
    auto answer = house.offered(offer);
    REQUIRE(house.accept(1));
    house.deliver(*answer, hash, hash);
    REQUIRE(house.state(1) == "done");
  }
  House house(&disk);
  house.start();
  SECTION("by its id") {
    for (int i = 0; i < 3; ++i) {
      const auto again = house.offered(offer);
      CHECK(again->is_here);
      CHECK(again->hash == hash);
    }
    CHECK(house.queue->newest() == 1);
    CHECK(told(house, 1, "which was told that it is here"));
  }
  SECTION("not for another sender, nor another file, nor without an id") {
    const std::string what = GENERATE("sender", "id", "size", "name", "hash", "none");
    CAPTURE(what);
    if (what == "sender") offer.peer = jid(kBob + "/phone");
    if (what == "id") offer.file_id = "f2";
    if (what == "size") offer.file.size = 1001;
    if (what == "name") offer.file.name = "n";
    if (what == "hash") offer.file.hash = Hash{HashAlgo::Sha256, "bb"};
    if (what == "none") offer.file_id.clear();
    CHECK_FALSE(house.offered(offer)->is_here);
    CHECK(house.queue->newest() == 2);
  }
  SECTION("not once the row is gone") {
    REQUIRE(house.remove(1));
    CHECK_FALSE(house.offered(offer)->is_here);
  }
}

TEST_CASE("file id: each outgoing job has its own, through all its offers", "[resume]") {
  Disk disk;
  House house(&disk);
  house.start();
  const auto one = house.send("/src/a");
  const auto id = house.job(one).file_id;
  CHECK(id.size() >= 14);
  CHECK(house.last_talk()->offer->file_id == id);
  const auto other = house.send("/src/a", kBob);
  CHECK(house.job(other).file_id != id);
  SECTION("an answer that it is there ends the job") {
    house.negotiator().talks[0]->sender->on_completed(Delivery::Confirmed,
                                                      Hash{HashAlgo::Sha256, "aa"});
    house.settle();
    CHECK(house.state(one) == "done");
    CHECK(house.job(one).delivery == Delivery::Confirmed);
    CHECK(house.job(one).hash_state == HashState::Sha256);
  }
  SECTION("offered again") {
    house.negotiator().talks[0]->handler->on_ended({Errc::Interrupted, "gone"});
    house.pass(10min);
    CHECK(house.last_talk()->offer->file_id == id);
  }
}

}  // namespace resume_test
