// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace xmppftctl {

/// Help was asked for and printed; nothing is left to do.
struct HelpShown {};

/// The options of one command line. CLI11 does the work and shows nowhere else: it takes longer to
/// compile than all of a command. Targets must outlive parse().
class Options {
 public:
  /// `title` is what the usage line starts with, `arguments` the rest of it; `footer` ends the
  /// help.
  Options(std::string title, std::string summary, std::string arguments, std::string footer);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // Words that are no option. `--` ends the options: what follows it are words, whatever it looks
  // like.
  void word(std::string& target);                ///< at most one
  void words(std::vector<std::string>& target);  ///< any number of them
  void paths(
      std::vector<std::string>& target);  ///< any number of file names, which may be any bytes

  void flag(const std::string& names, bool& target, const std::string& help);
  /// -h and --help set `target` and print nothing.
  void help_flag(bool& target);
  /// `value` is what the help calls the value. Given twice, the last one counts. It must be text as
  /// D-Bus carries it (why_not_text); so must words.
  void value(const std::string& name, std::string& target, const std::string& value,
             const std::string& help);
  /// A value that names a file and so may be any bytes.
  void path(const std::string& name, std::string& target, const std::string& value,
            const std::string& help);
  /// May be repeated; each takes one value.
  void values(const std::string& name, std::vector<std::string>& target, const std::string& value,
              const std::string& help);
  /// An option that must not be one: giving it is a usage Failure with these words.
  void refuse(const std::string& name, const std::string& message, const std::string& hint);
  /// From here on options work but do not show in the help.
  void hide_following();

  /// Was `name` on the command line, be it with an empty value?
  bool given(const std::string& name) const;

  /// Throws usage Failures (an unknown option names the nearest one), and HelpShown after --help.
  void parse(const std::vector<std::string>& arguments);
  /// Takes options up to the first word that is none and returns the rest.
  std::vector<std::string> parse_front(const std::vector<std::string>& arguments);

  /// The option lines of the help.
  std::string help_lines() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace xmppftctl
