// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "data/rename.h"
#include "data/usable_name.h"
#include "io/file.h"

namespace xmppftd {

/// The operations of Files on a part file, on the calling thread; see there for what they promise.
Result<void> check_part_place(const std::string& folder, std::optional<std::uint64_t> size,
                              std::uint64_t keep_free);
Result<std::shared_ptr<PartFile>> create_part_file(const std::string& folder,
                                                   const std::string& name,
                                                   std::optional<std::uint64_t> size,
                                                   std::uint64_t keep_free);
Result<Files::Kept> reopen_part_file(const std::string& folder, const std::string& name,
                                     const FileIdentity& identity, std::uint64_t most,
                                     std::optional<std::uint64_t> size, std::uint64_t keep_free);
Result<void> sync_part_data(const PartFile& part);
Result<void> cut_part_file(const PartFile& part, std::uint64_t bytes);
Result<void> sync_part_file(const PartFile& part, std::uint64_t size,
                            std::optional<mode_t> mode = std::nullopt);
/// Done already counts as success, so that a restart may simply repeat it.
Result<std::string> publish_part_file(const PartFile& part, const std::string& final_name,
                                      bool overwrite,
                                      std::span<const Renamer> renamers = all_renamers(),
                                      NameTrial trial = try_name);
Result<void> discard_part_file(const PartFile& part);
Result<void> set_part_file_aside(const PartFile& part);
Result<Files::Found> find_part_file(const std::string& folder, const std::string& part_name,
                                    const std::string& final_name, const FileIdentity& identity);

}  // namespace xmppftd
