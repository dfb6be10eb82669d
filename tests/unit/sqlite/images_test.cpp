// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "journal_fixture.h"
#include "sqlite/database.h"
#include "sqlite/job_columns.h"
#include "sqlite/journal_file.h"

/// Journals as disks leave them, made at random: XMPPFT_IMAGES says how many of each kind,
/// XMPPFT_SEED where to begin.
namespace images_test {

using namespace xmppftd;
namespace fs = std::filesystem;

namespace {

constexpr JobId kJobs = 300;
constexpr std::size_t kPage = 4096, kFrame = 24 + kPage;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// A mark that stands nowhere else.
std::string mark_of(JobId id) { return "/home/ann/job-" + std::to_string(id) + "-"; }

JobRecord job(JobId id) {
  auto record = full_record(id);
  // Every tenth does not fit into a page.
  record.path = mark_of(id) + std::string(id % 10 == 0 ? 6000 : id * 7 % 400, 'x') + ".txt";
  record.error_detail = std::string(id * 13 % 300, 'y');
  return record;
}

unsigned setting(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

/// A journal that a daemon left without a copy: in order and without a mark, or killed.
struct Left {
  std::string database, log, mark;
};
const Left& left_by(bool killed) {
  static std::map<bool, Left> all;
  if (const auto found = all.find(killed); found != all.end()) return found->second;
  TempFolder temp;
  const auto folder = temp.file("state");
  HandPoster core;
  auto opened = Journal::open(folder, core);
  REQUIRE(opened);
  // In an order that splits pages, some removed, some written again.
  std::minstd_rand random(5);
  std::vector<JobId> ids;
  for (JobId id = 1; id <= kJobs + 30; ++id) ids.push_back(id);
  std::shuffle(ids.begin(), ids.end(), random);
  for (std::size_t i = 0; i < ids.size(); i += 5) {
    std::vector<JobRecord> some;
    for (std::size_t j = i; j < std::min(i + 5, ids.size()); ++j) {
      auto early = job(ids[j]);
      if (j % 3 == 0) early.final_name = "early";
      some.push_back(early);
    }
    opened->first->put(std::move(some), [](auto) {});
    core.run(1);
    if (i == ids.size() / 10 * 5) {  // what came until now leaves the log
      opened->first.reset();
      opened = Journal::open(folder, core);
    }
  }
  std::vector<JobRecord> again;
  for (JobId id = 1; id <= kJobs; ++id) again.push_back(job(id));
  opened->first->put(std::move(again), [](auto) {});
  for (JobId id = 1; id <= kJobs; ++id) opened->first->add_step(id, {WallTime{}, "offered", ""});
  std::vector<JobId> gone;
  for (JobId id = kJobs + 1; id <= kJobs + 30; ++id) gone.push_back(id);
  opened->first->remove(gone, [](auto) {});
  core.run(2);
  if (!killed) opened->first.reset();
  return all[killed] = {read_file(folder + "/jobs.db"), read_file(folder + "/jobs.db-wal"),
                        killed ? read_file(folder + "/jobs.mark") : ""};
}

/// In which pages of the file a row stands, by the marks in it.
std::set<std::size_t> find_pages(const std::string& database, JobId id) {
  std::set<std::size_t> pages;
  for (auto at = database.find(mark_of(id)); at != std::string::npos;
       at = database.find(mark_of(id), at + 1)) {
    pages.insert(at / kPage);
    if (id % 10 != 0) continue;
    // Its text goes on where the number of the next page says.
    for (std::size_t page = 0; page < database.size() / kPage; ++page)
      if (database.compare(page * kPage + 8, 500, std::string(500, 'x')) == 0) pages.insert(page);
  }
  return pages;
}

/// The same of the journal that was left in order.
const std::set<std::size_t>& pages_of(JobId id) {
  static const auto all = [] {
    std::map<JobId, std::set<std::size_t>> pages;
    for (JobId one = 1; one <= kJobs; ++one) pages[one] = find_pages(left_by(false).database, one);
    return pages;
  }();
  return all.at(id);
}

struct Opened {
  std::set<JobId> jobs;
  JobId next_id = 0;
  bool degraded = false, refused = false;
};
Opened open_image(const Left& image, JobId below) {
  TempFolder temp;
  const auto folder = temp.file("state");
  fs::create_directory(folder);
  write_file(folder + "/jobs.db", image.database);
  if (!image.log.empty()) write_file(folder + "/jobs.db-wal", image.log);
  if (!image.mark.empty()) write_file(folder + "/jobs.mark", image.mark);
  const std::clock_t before = std::clock();
  auto opened = open_journal_file(folder);
  // Of processor time: what else the machine does is no matter.
  CHECK(std::clock() - before < 3 * CLOCKS_PER_SEC);
  Opened result;
  result.refused = !opened;
  if (!opened) {
    CHECK(opened.error().code == Errc::Config);
    CHECK((read_file(folder + "/jobs.db") == image.database));
    return result;
  }
  result.next_id = opened->contents.next_id;
  result.degraded = opened->contents.degraded;
  CHECK(result.next_id > below);
  for (const auto& record : opened->contents.jobs) {
    INFO("job " << record.id);
    auto expected = job(record.id);
    if (!image.log.empty() && record.final_name == "early") expected.final_name = "early";
    REQUIRE(to_cells(record) == to_cells(expected));
    result.jobs.insert(record.id);
  }
  if (result.degraded) {
    bool kept = false;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().starts_with("jobs.db.bad-"))
        kept = kept || read_file(entry.path().string()) == image.database;
    CHECK(kept);
  }
  return result;
}

/// Runs it for some seeds, each of which it can be run again from.
void for_seeds(const std::function<void(std::minstd_rand&)>& run) {
  const auto first = setting("XMPPFT_SEED", 1);
  for (unsigned seed = first; seed < first + setting("XMPPFT_IMAGES", 25); ++seed) {
    INFO("XMPPFT_SEED=" << seed << " XMPPFT_IMAGES=1");
    std::minstd_rand random(seed);
    run(random);
  }
}

}  // namespace

TEST_CASE("images: of 30 flipped bits each costs the row that it hits at most", "[images]") {
  const auto& left = left_by(false);
  REQUIRE(left.log.empty());
  std::size_t lost_in_all = 0;
  for_seeds([&](std::minstd_rand& random) {
    auto image = left;
    std::set<std::size_t> hit;
    for (int i = 0; i < 30; ++i) {
      const auto at = random() % image.database.size();
      image.database[at] ^= static_cast<char>(1 << random() % 8);
      hit.insert(at / kPage);
    }
    const auto opened = open_image(image, 0);
    if (opened.refused) return;
    CHECK(opened.jobs.size() + 30 >= kJobs);
    if (opened.jobs.size() < kJobs) CHECK(opened.degraded);
    lost_in_all += kJobs - opened.jobs.size();
    for (JobId id = 1; id <= kJobs; ++id) {
      const auto& pages = pages_of(id);
      REQUIRE_FALSE(pages.empty());
      if (std::none_of(pages.begin(), pages.end(),
                       [&](std::size_t page) { return hit.contains(page); })) {
        INFO("job " << id);
        REQUIRE(opened.jobs.contains(id));
      }
    }
  });
  CHECK(lost_in_all > 0);
}

TEST_CASE("images: a page that is zeros, or gone from the end, costs its rows alone", "[images]") {
  const auto& left = left_by(false);
  const auto pages = left.database.size() / kPage;
  const bool cut = GENERATE(false, true);
  // With XMPPFT_IMAGES=100 each page.
  const auto step = std::max(1u, 100 / std::max(1u, setting("XMPPFT_IMAGES", 25)));
  for (std::size_t page = setting("XMPPFT_SEED", 1) % step; page < pages; page += step) {
    INFO("page " << page << (cut ? " and all behind it" : ""));
    auto image = left;
    if (cut)
      image.database.resize(page * kPage + page % 2 * 100);
    else
      image.database.replace(page * kPage, kPage, kPage, '\0');
    if (image.database.empty()) continue;  // that is a new one
    const auto opened = open_image(image, 0);
    for (JobId id = 1; id <= kJobs; ++id) {
      const auto& of_row = pages_of(id);
      const bool hit = std::any_of(of_row.begin(), of_row.end(), [&](std::size_t one) {
        return cut ? one >= page : one == page;
      });
      INFO("job " << id);
      if (!hit) REQUIRE(opened.jobs.contains(id));
    }
  }
}

TEST_CASE("images: a log that is damaged is told, and a flipped bit costs the row that it hits",
          "[images]") {
  const auto& left = left_by(true);
  const auto frames = left.log.size() / kFrame;
  REQUIRE(frames > 200);
  REQUIRE(frames < 1000);
  constexpr std::size_t kFlips = 5;
  const bool cut = GENERATE(false, true);
  std::size_t fewest = kJobs;
  for_seeds([&](std::minstd_rand& random) {
    auto image = left;
    if (cut) {
      image.log.resize(32 + random() % (image.log.size() - 32));
    } else {
      for (std::size_t i = 0; i < kFlips; ++i)
        image.log[random() % image.log.size()] ^= static_cast<char>(1 << random() % 8);
    }
    const auto opened = open_image(image, kJobs + 30);
    CHECK(opened.degraded);
    const auto there = static_cast<std::size_t>(std::count_if(
        opened.jobs.begin(), opened.jobs.end(), [](JobId id) { return id <= kJobs; }));
    fewest = std::min(fewest, there);
    if (!cut) CHECK(there + kFlips >= kJobs);
  });
  if (cut) CHECK(fewest < kJobs - kFlips);
}

}  // namespace images_test
