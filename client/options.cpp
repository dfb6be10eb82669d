// SPDX-License-Identifier: MIT
#include "options.h"

#include <CLI/CLI.hpp>
#include <iostream>

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

  [[noreturn]] void refuse_stray(const std::string& stray) const {
    if (!stray.starts_with('-')) throw usage("unexpected '" + printable(stray) + "'", help_hint());
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

  CLI::App app;
  std::string group = "Options";
};

Options::Options(std::string title, std::string summary, std::string arguments, std::string footer)
    : parser_(std::make_unique<Parser>(title, summary)) {
  parser_->app.formatter(std::make_shared<HelpFormatter>(std::move(arguments)));
  parser_->app.footer(std::move(footer));
}

Options::~Options() = default;

void Options::word(std::string& target) { parser_->app.add_option("WORD", target); }

void Options::words(std::vector<std::string>& target) { parser_->app.add_option("WORD", target); }

void Options::flag(const std::string& names, bool& target, const std::string& help) {
  parser_->app.add_flag(names, target, help)->group(parser_->group);
}

void Options::help_flag(bool& target) {
  parser_->app.set_help_flag();
  parser_->app.add_flag("-h,--help", target);
}

void Options::value(const std::string& name, std::string& target, const std::string& value,
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
  parser_->app.allow_extras();  // told below, in better words than CLI11's
  parser_->run(arguments);
  if (const auto strays = parser_->app.remaining(); !strays.empty())
    parser_->refuse_stray(strays[0]);
}

std::vector<std::string> Options::parse_front(const std::vector<std::string>& arguments) {
  parser_->app.prefix_command();
  parser_->run(arguments);
  auto rest = parser_->app.remaining();
  if (!rest.empty() && rest[0].starts_with('-')) parser_->refuse_stray(rest[0]);
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
