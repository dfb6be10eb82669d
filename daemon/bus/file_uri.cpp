// SPDX-License-Identifier: MIT
#include "bus/file_uri.h"

#include "base/bytes.h"
#include "base/text.h"

namespace xmppftd {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

}  // namespace

std::string path_to_uri(std::string_view absolute_path) {
  std::string uri = "file://";
  for (const char c : absolute_path) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      uri += "%" + to_hex({&byte, 1});
    }
  }
  return uri;
}

Result<std::string> uri_to_path(std::string_view uri) {
  const auto bad = [&](const char* rule) {
    return Error{Errc::BadUri,
                 in_quotes(uri, 200) + ": " + rule +
                     "; want a file: URI of an absolute path, such as file:///home/ann/notes.txt"};
  };
  if (uri.rfind("file:", 0) != 0) return bad("not a file: URI");
  auto rest = uri.substr(5);
  if (rest.rfind("//", 0) == 0) {
    rest.remove_prefix(2);
    const auto host = rest.substr(0, rest.find('/'));
    if (!host.empty() && host != "localhost") return bad("names another host");
    rest.remove_prefix(host.size());
  }
  if (rest.empty() || rest.front() != '/') return bad("the path is not absolute");
  if (rest.find_first_of("?#") != std::string_view::npos) return bad("has a query or fragment");
  std::string path;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    const auto byte = from_hex(rest.substr(i + 1, 2));
    if (!byte || byte->size() != 1 || (*byte)[0] == 0) return bad("has a bad % escape");
    path += static_cast<char>((*byte)[0]);
    i += 2;
  }
  return path;
}

}  // namespace xmppftd
