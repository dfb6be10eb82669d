// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "sqlite/database.h"
#include "sqlite/job_rows.h"
#include "sqlite/page_image.h"

namespace xmppftd {

/// The sound rows of table `jobs` that stand anywhere in the pages, found without the tree above
/// them, so that a damaged page costs the rows in it and no others. `schema` is a sound journal of
/// this version. Ascending by id; of several states of a row the latest.
std::vector<JobRow> raw_rows(const PageImage& image, Database& schema, int version);

}  // namespace xmppftd
