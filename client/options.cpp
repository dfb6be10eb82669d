// SPDX-License-Identifier: MIT
#include "options.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>

#include "failure.h"
#include "text.h"

namespace xmppftctl {
namespace {

/// Our usage line and value names in place of CLI11's.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string arguments) : arguments_(std::move(arguments)) {}
  std::string make_usage(const CLI::App* app, std::string) const override {
    return "Usage: " + app->get_name() + (arguments_.empty() ? "" : " ") + arguments_ + "\n";
  }
  std::string make_positionals(const CLI::App*) const override {
    return {};
  }  // the usage line has them
  std::string make_option_opts(const CLI::Option* option) const override {
    return value_of(option);
  }
  static std::string value_of(const CLI::Option* option) {
    return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }

 private:
  std::string arguments_;
};

}  // namespace

struct Options::Parser {
  Parser(const std::string& title, const std::string& summary) : app(summary, title) {}

  void run(const std::vector<std::string>& arguments) {
    try {
      app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      std::cout << app.help();
      throw HelpShown{};
    } catch (const CLI::ArgumentMismatch& e) {
      const std::string text = e.what();  // "--to: 1 required TEXT missing"
      throw usage(text.substr(0, text.find(':')) + " needs a value", help_hint());
    } catch (const CLI::ParseError& e) {
      throw usage(e.what(), help_hint());
    }
  }

  std::string help_hint() const { return app.get_name() + " --help"; }

  [[noreturn]] void refuse_word(const std::string& word) const {
    throw usage("unexpected '" + printable(word) + "'", help_hint());
  }

  [[noreturn]] void refuse_option(const std::string& stray) const {
    const std::string option = stray.substr(0, stray.find('='));
    std::vector<std::string> names;
    for (const auto* known : app.get_options()) {
      for (const auto& name : known->get_lnames()) names.push_back("--" + name);
    }
    const auto meant = nearest(option, {names.begin(), names.end()});
    throw usage("unknown option '" + printable(option) + "'" +
                    (meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?"),
                help_hint());
  }

  void check_text(const std::string& what, const std::string& value) const {
    if (const auto why = why_not_text(value); !why.empty()) {
      throw usage(what + (what.empty() ? "'" : " '") + printable(value) + "': " + why,
                  "arguments are UTF-8 text; only names of files may be any bytes");
    }
  }

  void check_values() const {
    for (const auto& [name, value] : single) check_text(name, *value);
    for (const auto& [name, list] : repeated) {
      for (const auto& value : *list) check_text(name, value);
    }
  }

  CLI::App app;
  std::string group = "Options";
  std::vector<std::pair<std::string, const std::string*>> single;
  std::vector<std::pair<std::string, const std::vector<std::string>*>> repeated;
  // Words are taken by us: CLI11 would read "[a,b]" as a list.
  std::string* one_word = nullptr;
  std::vector<std::string>* all_words = nullptr;
  bool any_bytes = false;  ///< the words are names of files
};

Options::Options(std::string title, std::string summary, std::string arguments, std::string footer)
    : parser_(std::make_unique<Parser>(title, summary)) {
  parser_->app.formatter(std::make_shared<HelpFormatter>(std::move(arguments)));
  parser_->app.footer(std::move(footer));
}

Options::~Options() = default;

void Options::word(std::string& target) { parser_->one_word = &target; }

void Options::words(std::vector<std::string>& target) { parser_->all_words = &target; }

void Options::paths(std::vector<std::string>& target) {
  parser_->all_words = &target;
  parser_->any_bytes = true;
}

void Options::flag(const std::string& names, bool& target, const std::string& help) {
  parser_->app.add_flag(names, target, help)->group(parser_->group);
}

void Options::help_flag(bool& target) {
  parser_->app.set_help_flag();
  parser_->app.add_flag("-h,--help", target);
}

void Options::value(const std::string& name, std::string& target, const std::string& value,
                    const std::string& help) {
  path(name, target, value, help);
  parser_->single.emplace_back(name, &target);
}

void Options::path(const std::string& name, std::string& target, const std::string& value,
                   const std::string& help) {
  parser_->app.add_option(name, target, help)
      ->type_name(value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(parser_->group);
}

void Options::values(const std::string& name, std::vector<std::string>& target,
                     const std::string& value, const std::string& help) {
  parser_->app.add_option(name, target, help)
      ->type_name(value)
      ->allow_extra_args(false)
      ->group(parser_->group);
  parser_->repeated.emplace_back(name, &target);
}

void Options::refuse(const std::string& name, const std::string& message, const std::string& hint) {
  parser_->app
      .add_option_function<std::string>(name,
                                        [=](const std::string&) { throw usage(message, hint); })
      ->group("");
}

void Options::hide_following() { parser_->group.clear(); }

bool Options::given(const std::string& name) const { return parser_->app.count(name) > 0; }

void Options::parse(const std::vector<std::string>& arguments) {
  parser_->app.allow_extras();  // they are the words; stray options are told in better words
  parser_->run(arguments);
  parser_->check_values();
  bool options_ended = false;
  for (auto& word : parser_->app.remaining()) {
    if (!options_ended && word == "--") {
      options_ended = true;
      continue;
    }
    if (!options_ended && word.size() > 1 && word[0] == '-') parser_->refuse_option(word);
    if (!parser_->any_bytes) parser_->check_text("", word);
    if (parser_->all_words) {
      parser_->all_words->push_back(std::move(word));
    } else if (parser_->one_word) {
      *std::exchange(parser_->one_word, nullptr) = std::move(word);
    } else {
      parser_->refuse_word(word);
    }
  }
}

std::vector<std::string> Options::parse_front(const std::vector<std::string>& arguments) {
  parser_->app.prefix_command();
  parser_->run(arguments);
  parser_->check_values();
  auto rest = parser_->app.remaining();
  if (rest.empty()) return rest;
  if (rest[0] == "--") {
    rest.erase(rest.begin());
  } else if (rest[0].starts_with('-')) {
    parser_->refuse_option(rest[0]);
  }
  return rest;
}

std::string Options::help_lines() const {
  constexpr std::size_t kColumn = 22;
  std::string lines;
  for (const auto* option : parser_->app.get_options()) {
    if (option->get_group().empty() || option->get_description().empty()) continue;
    std::string left = option->get_name(false, true) + HelpFormatter::value_of(option);
    left.append(std::max(kColumn, left.size()) - left.size(), ' ');
    lines += "  " + left + "  " + option->get_description() + "\n";
  }
  return lines;
}

}  // namespace xmppftctl
