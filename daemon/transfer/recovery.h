// SPDX-License-Identifier: MIT
#pragma once

#include "model/job.h"

namespace xmppftd {

/// What a restart makes of a job that the journal holds. True: the record was changed.
///
/// Ended jobs stay. Outgoing ones that were under way are queued again, not charged; one without a
/// path has lost its file. An incoming offer that nobody had accepted is withdrawn, for its
/// question died with the session; what was accepted waits for the sender to offer it again; what
/// was being published stays as it is, to be finished.
bool recover(JobRecord& record);

}  // namespace xmppftd
