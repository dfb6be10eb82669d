// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "failure.h"
#include "job.h"
#include "table.h"

namespace xmppftctl {

/// Where answers go: stdout in one of three forms. Everything else goes to stderr.
class Output {
 public:
  enum class Form { Human, Plain, Json };

  Form form = Form::Human;
  bool quiet = false;    ///< only what was asked for: ids, not sentences
  bool verbose = false;  ///< error names too
  bool color = false;

  bool json() const { return form == Form::Json; }
  bool human() const { return form == Form::Human; }

  /// A sentence for people on stdout; nothing when quiet, --plain or --json.
  void say(std::string_view line) const;
  /// A sentence on stderr; nothing when quiet or --json.
  void note(std::string_view line) const;
  /// The one document of a run, with the schema put in front. Invalid UTF-8 is replaced.
  void document(nlohmann::ordered_json body) const;
  /// A table: titled and cut to the terminal, or tab-separated for --plain.
  void print(const Table& table) const;
  /// `xmppftctl: error: …` and `hint: …` on stderr, or the error document on stdout for --json,
  /// which always gets exactly one document. What cannot be told on stdout is told on stderr.
  void report(const Failure& failure) const;

  /// Columns of the terminal behind `fd`, 0 if it is none.
  static std::size_t columns(int fd);
  static std::size_t rows(int fd);
};

/// Sends std::cout through a buffer that keeps what went wrong with a write. For main to call
/// first.
void watch_standard_output();
/// Flushes std::cout. Throws a Failure if anything printed to it could not be written.
void finish_standard_output();
/// The Failure for standard output that cannot be written to, by errno.
Failure unwritable(int number);

/// The document of `text` on one line, as --json prints it.
std::string to_line(nlohmann::ordered_json body);

/// The lines for a Failure, without colour: "xmppftctl: error: …\nhint: …\n".
std::string failure_text(const Failure& failure, bool with_name);
/// {"schema","error":{"name","message","exit","hint"}}
nlohmann::ordered_json failure_json(const Failure& failure);

}  // namespace xmppftctl
