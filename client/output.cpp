// SPDX-License-Identifier: MIT
#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <streambuf>

#include "errors.h"
#include "text.h"

namespace xmppftctl {
namespace {

using nlohmann::ordered_json;

/// Keeps the lines of a message apart: printable() would join them.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += (out.empty() ? "" : "\n") + printable(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Standard output. After a write that failed nothing more is written: an answer with a hole is
/// none.
class StandardOutput final : public std::streambuf {
 public:
  StandardOutput() { setp(buffer_, buffer_ + sizeof buffer_); }
  int error() const { return error_; }

 protected:
  int sync() override {
    for (const char* at = pbase(); at < pptr() && error_ == 0;) {
      const ssize_t put = ::write(STDOUT_FILENO, at, static_cast<std::size_t>(pptr() - at));
      if (put >= 0)
        at += put;
      else if (errno != EINTR)
        error_ = errno;
    }
    setp(buffer_, buffer_ + sizeof buffer_);
    return error_ == 0 ? 0 : -1;
  }
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    return traits_type::eq_int_type(c, traits_type::eof()) ? traits_type::not_eof(c)
                                                           : sputc(traits_type::to_char_type(c));
  }

 private:
  char buffer_[16384];
  int error_ = 0;
};

StandardOutput& standard_output() {
  static auto& output = *new StandardOutput;  // std::cout uses it to the very end of the process
  return output;
}

winsize size_of(int fd) {
  winsize size{};
  if (::isatty(fd) != 1 || ::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
  if (size.ws_col == 0) size.ws_col = 80, size.ws_row = 24;  // a serial line does not know
  return size;
}

std::string hint_of(const Failure& failure) {
  return failure.hint.empty() ? std::string(remedy(failure.name)) : failure.hint;
}

}  // namespace

std::size_t Output::columns(int fd) { return size_of(fd).ws_col; }
std::size_t Output::rows(int fd) { return size_of(fd).ws_row; }

void watch_standard_output() { std::cout.rdbuf(&standard_output()); }

void finish_standard_output() {
  if (std::cout.flush()) return;
  throw unwritable(standard_output().error());
}

Failure unwritable(int number) {
  return {std::string(error::kUnwritable),
          "cannot write to standard output: " + std::string(std::strerror(number)), ""};
}

void Output::say(std::string_view line) const {
  if (human() && !quiet) std::cout << line << '\n';
}

void Output::note(std::string_view line) const {
  if (!json() && !quiet) std::cerr << line << '\n';
}

void Output::document(ordered_json body) const {
  std::cout << to_line(std::move(body)) << std::endl;
}

void Output::print(const Table& table) const {
  if (form == Form::Plain) {
    table.print_plain(std::cout);
  } else {
    table.print(std::cout, columns(STDOUT_FILENO));
  }
}

void Output::report(const Failure& failure) const {
  if (json()) {
    document(failure_json(failure));
    if (std::cout) return;
  }
  std::string text = failure_text(failure, verbose);
  if (color) text.replace(text.find("error:"), 6, "\033[31merror:\033[0m");
  std::cout.flush();
  std::cerr << text;
}

std::string to_line(ordered_json body) {
  ordered_json document = {{"schema", "xmppftctl/1"}};
  document.update(body);
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string failure_text(const Failure& failure, bool with_name) {
  std::string text = "xmppftctl: error: " + printable_lines(failure.message);
  if (with_name) text += " [" + printable(failure.name) + "]";
  text += '\n';
  if (const auto hint = hint_of(failure); !hint.empty())
    text += "hint: " + printable_lines(hint) + '\n';
  return text;
}

ordered_json failure_json(const Failure& failure) {
  ordered_json error = {
      {"name", failure.name}, {"message", failure.message}, {"exit", exit_code(failure.name)}};
  if (const auto hint = hint_of(failure); !hint.empty()) error["hint"] = hint;
  return {{"error", std::move(error)}};
}

}  // namespace xmppftctl
