// SPDX-License-Identifier: MIT
// A name from a peer becomes one component of a path, whatever it was, and one that any file system
// takes.
#include <algorithm>
#include <vector>

#include "fuzz.h"
#include "model/file_info.h"
#include "model/plain_name.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

void check_component(const std::string& name) {
  FUZZ_CHECK(!name.empty() && name.find('/') == std::string::npos);
  FUZZ_CHECK(name != "." && name != "..");
  FUZZ_CHECK(is_bus_text(name));
}

void check_name(const std::string& name) {
  check_component(name);
  FUZZ_CHECK(name.size() <= 255);  // NAME_MAX
  FUZZ_CHECK(name.find('\\') == std::string::npos);
  FUZZ_CHECK(is_plain(name));
  FUZZ_CHECK(name.front() != '.' && name.front() != '-' && name.front() != '~' &&
             name.front() != ' ');
  FUZZ_CHECK(name.back() != '.' && name.back() != ' ');
  FUZZ_CHECK(safe_file_name(name) == name);
}

/// What is tried, in this order, where a file system refuses `name`.
void check_plainer(const std::string& name) {
  const auto names = plainer_names(name);
  if (names.empty()) FUZZ_CHECK(name == "file");
  auto before = std::vector<std::string>{name};
  for (const auto& plainer : names) {
    FUZZ_CHECK(std::find(before.begin(), before.end(), plainer) == before.end());
    check_component(plainer);
    before.push_back(plainer);
  }
  FUZZ_CHECK(before.back() == "file" && is_plain_everywhere("file"));
  if (before.size() > 2) FUZZ_CHECK(is_plain_everywhere(before[before.size() - 2]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned number = input.byte() * 41u;
  const std::size_t most = input.byte() * 8u;
  const std::string_view text = input.rest();

  const std::string name = safe_file_name(text);
  check_name(name);
  FUZZ_CHECK(safe_file_name("/a/" + std::string(text)) == name);
  const std::string numbered = numbered_file_name(name, number);
  check_name(numbered);
  check_plainer(name);
  check_plainer(numbered);
  FUZZ_CHECK(numbered.find(" (" + std::to_string(number) + ")") != std::string::npos);

  const std::string safe = safe_text(text, most);
  FUZZ_CHECK(safe.size() <= most);
  FUZZ_CHECK(is_bus_text(safe) && is_plain(safe));
  FUZZ_CHECK(safe_text(safe, most) == safe);
  return 0;
}
