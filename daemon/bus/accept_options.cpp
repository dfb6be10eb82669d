// SPDX-License-Identifier: MIT
#include "bus/accept_options.h"

#include "bus/file_uri.h"

namespace xmppftd {

AcceptOptions read_accept_options(const VariantMap& map) {
  Options options(map);
  AcceptOptions accept;
  const auto uri = options.text("uri");
  accept.name = options.text("name");
  accept.on_exists = options.text("on_exists");
  options.finish("uri, name, on_exists");
  if (uri.empty()) return accept;
  auto path = uri_to_path(uri);
  if (!path) throw to_bus_error(path.error());
  const auto slash = path->rfind('/');
  accept.folder = slash == 0 ? "/" : path->substr(0, slash);
  if (slash + 1 == path->size()) return accept;
  if (!accept.name.empty())
    throw invalid_args("uri names a file and name names another; give one, or end the uri with /");
  accept.name = path->substr(slash + 1);
  return accept;
}

}  // namespace xmppftd
