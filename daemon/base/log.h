// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

/// The daemon's log: one line per fact on stderr, "<level>domain: subject: past-tense fact". Any
/// thread may call. debug = stanzas' names and state moves, info = what a user asked for, warning =
/// a peer misbehaved, error = we cannot do our job. Never at any level: SASL, passwords, sids,
/// SOCKS addresses, payload, message bodies. JIDs and file names of peers go through `shy()` and
/// `shy_name()`; any other text of a peer through `printable()`.
namespace xmppftd::log {

enum class Level { Debug, Info, Warning, Error };

/// Lines below `level` are dropped. Default Info.
void set_level(Level level) noexcept;
bool enabled(Level level) noexcept;

void debug(std::string_view domain, std::string_view fact);
void info(std::string_view domain, std::string_view fact);
/// Warnings and errors of one domain are limited to 20 lines a second; what was dropped is counted
/// and told.
void warning(std::string_view domain, std::string_view fact);
void error(std::string_view domain, std::string_view fact);

/// Peer's text made safe for a terminal and a log (printable() of base/text.h), at most 200 bytes.
std::string printable(std::string_view text);
/// "ann@example.org/phone" -> "a...@example.org#1f3c": tells two peers apart, names nobody.
std::string shy(std::string_view jid);
/// "secret plan.pdf" -> "....pdf".
std::string shy_name(std::string_view file_name);

}  // namespace xmppftd::log
