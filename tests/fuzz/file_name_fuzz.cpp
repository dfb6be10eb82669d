// SPDX-License-Identifier: MIT
// A name from a peer becomes one component of a path, whatever it was.
#include "fuzz.h"
#include "model/file_info.h"

using namespace xmppftd;
using namespace xmppftd::fuzz;

namespace {

void check_name(const std::string& name) {
  FUZZ_CHECK(!name.empty() && name.size() <= 255);  // NAME_MAX
  FUZZ_CHECK(name.find_first_of("/\\") == std::string::npos);
  FUZZ_CHECK(name != "." && name != "..");
  FUZZ_CHECK(is_bus_text(name));
  FUZZ_CHECK(is_plain(name));
  FUZZ_CHECK(name.front() != '.' && name.front() != '-' && name.front() != '~' &&
             name.front() != ' ');
  FUZZ_CHECK(name.back() != '.' && name.back() != ' ');
  FUZZ_CHECK(safe_file_name(name) == name);
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
  FUZZ_CHECK(numbered.find(" (" + std::to_string(number) + ")") != std::string::npos);

  const std::string safe = safe_text(text, most);
  FUZZ_CHECK(safe.size() <= most);
  FUZZ_CHECK(is_bus_text(safe) && is_plain(safe));
  FUZZ_CHECK(safe_text(safe, most) == safe);
  return 0;
}
