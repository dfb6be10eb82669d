// SPDX-License-Identifier: MIT
#include "bus/account_object.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "bus/account_settings.h"
#include "bus/names.h"
#include "bus/outgoing.h"
#include "bus/reply.h"

namespace xmppftd {
namespace {

constexpr std::size_t kMaxPassword = 1023;
constexpr int kPasswordWithinMs = 10000;

xmppftd::Jid bare_jid(const std::string& text) {
  check_string("jid", text);
  auto jid = xmppftd::Jid::parse(text);
  if (!jid) throw to_bus_error(jid.error());
  if (!jid->is_bare())
    throw to_bus_error({Errc::BadJid, in_quotes(text, 200) +
                                          " names one device; want the address alone, such as " +
                                          jid->bare().str()});
  return *jid;
}

/// Reads to the end; a pipe whose writer stalls is given up after 10 s. Blocks: not for the loop.
Result<Secret> read_password(const UniqueFd& fd) {
  std::string text;
  text.reserve(kMaxPassword + 1);  // never reallocated: no copy stays behind
  while (text.size() <= kMaxPassword) {
    pollfd readable{fd.get(), POLLIN, 0};
    if (poll(&readable, 1, kPasswordWithinMs) <= 0)
      return xmppftd::Error{Errc::BadFd,
                            "the password did not arrive within 10 s; write it and close the pipe"};
    char buffer[256];
    const ssize_t n =
        read(fd.get(), buffer, std::min(sizeof buffer, kMaxPassword + 1 - text.size()));
    if (n < 0)
      return xmppftd::Error{Errc::BadFd,
                            "the descriptor cannot be read; pass a pipe or memfd open for reading"};
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    explicit_bzero(buffer, sizeof buffer);
  }
  Secret secret(std::move(text));
  if (secret.empty() || std::string_view(secret.reveal()).size() > kMaxPassword)
    return xmppftd::Error{Errc::BadArgument, "a password has 1 to 1023 bytes"};
  return secret;
}

bool contains(std::string_view text, std::string_view part) {
  return lower(text).find(lower(part)) != std::string::npos;
}

}  // namespace

AccountObject::AccountObject(sdbus::IConnection& connection, Account& account,
                             Background& background)
    : BusObject(connection, account_path(account.id())),
      account_(account),
      background_(background) {}

AccountObject::~AccountObject() { *alive_ = false; }

void AccountObject::announce() { emitInterfacesAddedSignal({kAccountInterface}); }
void AccountObject::withdraw() { emitInterfacesRemovedSignal({kAccountInterface}); }

void AccountObject::tell_changed() {
  emitPropertiesChangedSignal(
      kAccountInterface,
      {"BoundJid", "Enabled", "Settings", "State", "StateReason", "Error", "NextAttemptAt",
       "ConnectedAt", "PasswordStore", "Warning", "PendingContacts", "Server", "LoginSteps"});
}

void AccountObject::Connect(sdbus::Result<>&& call) {
  respond(std::move(call), [&](Reply<>& reply) { account_.connect(answering(reply)); });
}

void AccountObject::Disconnect(sdbus::Result<>&& call) {
  respond(std::move(call), [&](Reply<>& reply) { account_.disconnect(answering(reply)); });
}

void AccountObject::Update(sdbus::Result<>&& call, VariantMap settings) {
  respond(std::move(call), [&](Reply<>& reply) {
    auto changed = account_.settings();
    apply_settings(settings, changed);
    account_.update(std::move(changed), answering(reply));
  });
}

void AccountObject::SetPassword(sdbus::Result<std::string>&& call, sdbus::UnixFd fd,
                                VariantMap options) {
  respond(std::move(call), [&](Reply<std::string>& reply) {
    Options reader(options);
    auto store = reader.text("store");
    reader.finish("store");
    if (store.empty()) store = "auto";
    if (store != "auto" && store != "file" && store != "session")
      throw invalid_args("store: " + in_quotes(store) + " is not one of auto, file, session");
    // sdbus-c++ 1.2 loses FD_CLOEXEC when it passes a descriptor on.
    auto own = std::make_shared<UniqueFd>(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    if (!*own)
      throw to_bus_error({Errc::BadFd, "the descriptor cannot be used; pass a pipe or memfd"});
    auto password = std::make_shared<Result<Secret>>(xmppftd::Error{Errc::Internal, ""});
    background_.run([own, password] { *password = read_password(*own); },
                    reply.then([this, alive = alive_, password, store](Reply<std::string>& owed) {
                      if (!*alive) return owed.fail({Errc::NoSuchAccount, "it was removed"});
                      if (!*password) return owed.fail(password->error());
                      account_.set_password(std::move(**password), store, answering(owed));
                    }));
  });
}

void AccountObject::ForgetPassword(sdbus::Result<>&& call) {
  respond(std::move(call), [&](Reply<>& reply) { account_.forget_password(answering(reply)); });
}

void AccountObject::ListContacts(sdbus::Result<std::vector<VariantMap>>&& call, VariantMap filter) {
  respond(std::move(call), [&](Reply<std::vector<VariantMap>>& reply) {
    Options options(filter);
    const auto online = options.take<bool>("online");
    const auto text = options.text("text");
    options.finish("online, text");
    std::vector<VariantMap> rows;
    for (const auto& contact : account_.contacts()) {
      if (online && *online != contact.online) continue;
      if (!text.empty() && !contains(contact.jid, text) && !contains(contact.name, text)) continue;
      rows.push_back({{"jid", variant(contact.jid)},
                      {"name", variant(contact.name)},
                      {"subscription", variant(contact.subscription)},
                      {"pending", variant(contact.pending)},
                      {"online", variant(contact.online)},
                      {"resources", variant(contact.resources)},
                      {"methods", variant(contact.methods)}});
    }
    reply.give(rows);
  });
}

void AccountObject::AddContact(sdbus::Result<>&& call, std::string jid, VariantMap options) {
  respond(std::move(call), [&](Reply<>& reply) {
    Options reader(options);
    auto name = reader.text("name");
    reader.finish("name");
    const auto contact = bare_jid(jid);  // before answering() takes the reply: it may throw
    account_.add_contact(contact, safe_text(name, 1023), answering(reply));
  });
}

void AccountObject::RemoveContact(sdbus::Result<>&& call, std::string jid) {
  respond(std::move(call), [&](Reply<>& reply) {
    const auto contact = bare_jid(jid);
    account_.remove_contact(contact, answering(reply));
  });
}

void AccountObject::ApproveContact(sdbus::Result<>&& call, std::string jid) {
  respond(std::move(call),
          [&](Reply<>& reply) { answer(reply, account_.approve_contact(bare_jid(jid))); });
}

void AccountObject::DenyContact(sdbus::Result<>&& call, std::string jid) {
  respond(std::move(call),
          [&](Reply<>& reply) { answer(reply, account_.deny_contact(bare_jid(jid))); });
}

std::string AccountObject::Id() { return std::to_string(account_.id()); }
std::string AccountObject::Jid() { return account_.settings().jid; }
std::string AccountObject::BoundJid() { return account_.status().bound_jid; }
bool AccountObject::Enabled() { return account_.settings().enabled; }
VariantMap AccountObject::Settings() { return settings_map(account_.settings()); }
std::string AccountObject::State() { return std::string(to_string(account_.status().state)); }
std::string AccountObject::StateReason() {
  return std::string(to_string(account_.status().reason));
}

sdbus::Struct<std::string, std::string> AccountObject::Error() {
  const auto& error = account_.status().error;
  if (!error) return {"", ""};
  return {bus_error_name(error->code), safe_text(error->detail, kMaxString)};
}

std::uint64_t AccountObject::NextAttemptAt() { return bus_time(account_.status().next_attempt_at); }
std::uint64_t AccountObject::ConnectedAt() { return bus_time(account_.status().connected_at); }
std::string AccountObject::PasswordStore() { return account_.status().password_store; }
std::vector<std::string> AccountObject::PendingContacts() { return account_.pending_contacts(); }

VariantMap AccountObject::Server() {
  VariantMap server;
  if (!account_.status().proxies.empty()) server["proxies"] = variant(account_.status().proxies);
  if (!account_.status().certificate.empty())
    server["certificate"] = variant(account_.status().certificate);
  return server;
}

std::vector<std::string> AccountObject::LoginSteps() {
  std::vector<std::string> steps;
  for (const auto& step : account_.status().steps) steps.push_back(safe_text(step, kMaxString));
  return steps;
}

}  // namespace xmppftd
