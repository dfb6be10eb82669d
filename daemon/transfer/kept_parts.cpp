// SPDX-License-Identifier: MIT
#include "transfer/kept_parts.h"

#include <string>
#include <utility>

#include "base/log.h"

namespace xmppftd {

void KeptParts::keep(Job& job, std::shared_ptr<PartFile> part, std::uint64_t bytes) {
  job.edit().transferred = bytes;
  if (in_doubt(job.id())) return cut(job, std::move(part));
  files_.sync_data(part, alive_.wrap([this, id = job.id(), part, bytes,
                                      attempt = job.now().attempt](Result<void> how) {
    Job* owner = jobs_.find(id);
    if (owner == nullptr || is_terminal(owner->now().state)) return;
    // The next attempt may have begun, with the same file or with a new one.
    const bool kept = owner->now().attempt == attempt;
    if (how && kept) jobs_.checkpoint(*owner, bytes);
    if (how) return;
    doubted_.insert(id);
    kept ? cut(*owner, part) : lost_(id);
  }));
}

void KeptParts::cut(const Job& job, std::shared_ptr<PartFile> part) {
  files_.cut_part(std::move(part), job.now().durable, [](Result<void>) {});
}

void KeptParts::drop(Job& job, std::shared_ptr<PartFile> part) {
  const auto& record = job.now();
  if (record.part_name.empty()) return;
  const auto gone = [this, id = job.id(), name = record.part_name](Result<void>) {
    Job* owner = jobs_.find(id);
    if (owner == nullptr || owner->now().part_name != name) return;
    owner->edit().part_name.clear();
    jobs_.commit(*owner);
  };
  if (part) return files_.discard(std::move(part), alive_.wrap(gone));
  files_.find_part(record.folder, record.part_name, "", record.part,
                   alive_.wrap([this, gone](Result<Files::Found> found) {
                     if (found && found->state == PartState::Part)
                       files_.discard(found->part, alive_.wrap(gone));
                     else if (found)
                       gone({});
                   }));
}

void KeptParts::sweep(std::set<std::string> folders) {
  std::set<std::string> in_use;  // of all folders, for one may be known by two paths
  for (const auto& [id, job] : jobs_.all()) {
    const auto& record = job->now();
    if (!record.part_name.empty()) in_use.insert(record.part_name);
    if (is_live(record.state) && !record.folder.empty()) folders.insert(record.folder);
  }
  sweep_next(std::move(folders), std::move(in_use));
}

/// One after another: a folder that does not answer keeps one thread of all, and only that.
void KeptParts::sweep_next(std::set<std::string> folders, std::set<std::string> in_use) {
  if (folders.empty()) return;
  const std::string folder = folders.extract(folders.begin()).value();
  auto next = [this, folders = std::move(folders), in_use](Result<unsigned> removed) mutable {
    if (removed && *removed != 0)
      log::info("receive",
                "removed " + std::to_string(*removed) + " old files of unfinished transfers");
    sweep_next(std::move(folders), std::move(in_use));
  };
  files_.remove_leftovers(folder, std::move(in_use), alive_.wrap(std::move(next)));
}

}  // namespace xmppftd
