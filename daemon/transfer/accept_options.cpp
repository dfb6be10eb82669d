// SPDX-License-Identifier: MIT
#include "transfer/accept_options.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxName = 255;

Result<void> check_name(const std::string& name) {
  if (name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return Error{Errc::BadArgument, "name: \"" + name + "\" is not a file name without folders"};
  if (name.size() > kMaxName)
    return Error{Errc::BadArgument, "name: at most " + std::to_string(kMaxName) + " bytes, not " +
                                        std::to_string(name.size())};
  return {};
}

}  // namespace

Result<AcceptOptions> complete(AcceptOptions options, const FileInfo& file,
                               const QueueConfig& config) {
  if (options.folder.empty()) options.folder = config.download_folder;
  if (options.name.empty()) options.name = file.name;
  if (auto good = check_name(options.name); !good) return good.error();
  if (options.folder.empty() || options.folder.front() != '/')
    return Error{Errc::BadArgument, "folder: \"" + options.folder + "\" is not an absolute path"};
  if (options.on_exists.empty()) options.on_exists = config.on_exists;
  if (options.on_exists != "rename" && options.on_exists != "fail" &&
      options.on_exists != "overwrite")
    return Error{Errc::BadArgument,
                 "on_exists: \"" + options.on_exists + "\" is not one of rename, fail, overwrite"};
  return options;
}

}  // namespace xmppftd
