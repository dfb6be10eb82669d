// SPDX-License-Identifier: MIT
#include "transfer/job_filter.h"

#include <algorithm>

namespace xmppftd {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

}  // namespace

bool same_peer(std::string_view jid, std::string_view wanted) noexcept {
  return jid == wanted || (wanted.find('/') == std::string_view::npos && bare_part(jid) == wanted);
}

bool JobFilter::matches(const JobRecord& record) const {
  if (!ids.empty() && std::find(ids.begin(), ids.end(), record.id) == ids.end()) return false;
  if (!batch.empty() && record.batch != batch) return false;
  if (!states.empty() && std::find(states.begin(), states.end(), record.state) == states.end())
    return false;
  if (direction && record.direction != *direction) return false;
  if (account != 0 && record.account != account) return false;
  if (!peer.empty() && !same_peer(record.peer, peer)) return false;
  if (record.created_at < since) return false;
  return text.empty() || contains(record.file.name, text);
}

}  // namespace xmppftd
