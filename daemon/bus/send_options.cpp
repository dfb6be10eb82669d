// SPDX-License-Identifier: MIT
#include "bus/send_options.h"

#include <utility>

#include "base/text.h"
#include "bus/names.h"

namespace xmppftd {

SendRequest read_send_options(const VariantMap& map, std::vector<std::string> recipients,
                              bool with_name, std::string& name) {
  if (recipients.empty()) throw invalid_args("recipients: name at least one JID");
  if (recipients.size() > kMaxArray) throw invalid_args("recipients: more than 1000");
  for (const auto& recipient : recipients) check_string("a recipient", recipient);
  Options options(map);
  SendRequest request;
  request.recipients = std::move(recipients);
  if (const auto account = options.take<sdbus::ObjectPath>("account")) {
    const auto id = account_of(*account);
    if (!id || *id == 0)
      throw to_bus_error(
          {Errc::NoSuchAccount, in_quotes(*account) + " is not the path of an account"});
    request.account = *id;
  }
  request.batch = options.text("batch");
  if (with_name) name = options.text("name");
  request.description = options.text("description");
  if (request.description.size() > 1024) throw invalid_args("description: longer than 1024 bytes");
  request.priority = options.take<std::int32_t>("priority").value_or(0);
  if (request.priority < -100 || request.priority > 100)
    throw invalid_args("priority: " + std::to_string(request.priority) +
                       " is out of range; want -100 to 100");
  for (const auto& word :
       options.take<std::vector<std::string>>("methods").value_or(std::vector<std::string>())) {
    auto method = MethodChoice::parse(word);
    if (!method) throw to_bus_error(method.error());
    request.methods.push_back(*method);
  }
  options.finish(with_name ? "account, batch, name, description, priority, methods"
                           : "account, batch, description, priority, methods");
  return request;
}

}  // namespace xmppftd
