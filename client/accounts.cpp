// SPDX-License-Identifier: MIT
#include "accounts.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "errors.h"
#include "login_hints.h"
#include "parse.h"
#include "text.h"

namespace xmppftctl {
namespace {

constexpr std::chrono::seconds kLogin{90};  // Connect may take 60
constexpr std::size_t kPinDigits = 64;
constexpr std::size_t kMostPem = 4 << 20;  // all authorities of Debian are 0.2 MiB

using nlohmann::ordered_json;

ordered_json to_json(const sdbus::Variant& value) {
  if (value.containsValueOfType<std::string>()) return value.get<std::string>();
  if (value.containsValueOfType<bool>()) return value.get<bool>();
  if (value.containsValueOfType<std::vector<std::string>>())
    return value.get<std::vector<std::string>>();
  return nullptr;
}

ordered_json to_json(const Values& values) {
  auto out = ordered_json::object();
  for (const auto& [key, value] : values) out[key] = to_json(value);
  return out;
}

/// What --pin takes: 64 hex digits, colons between them or not.
std::string parse_pin(const std::string& text) {
  std::string digits = text;
  std::erase(digits, ':');
  if (digits.size() != kPinDigits ||
      !std::all_of(digits.begin(), digits.end(),
                   [](unsigned char c) { return std::isxdigit(c); })) {
    throw usage(
        "--pin '" + printable(text) + "': want the SHA-256 of the certificate, 64 hex digits",
        "openssl x509 -in CERT.pem -noout -fingerprint -sha256");
  }
  return digits;
}

std::string absolute_file(const std::string& option, const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (!resolved || ::access(resolved, R_OK) != 0) {
    std::free(resolved);
    throw Failure{std::string(error::kUnreadable),
                  option + " " + printable(path) + ": " + std::strerror(errno), ""};
  }
  std::string out = resolved;
  std::free(resolved);
  return out;
}

/// What --ca takes: a file with a certificate in it. The daemon looks closer at each login.
std::string certificate_file(const std::string& path) {
  if (path.empty()) return path;
  auto out = absolute_file("--ca", path);
  std::error_code error;
  if (std::filesystem::is_regular_file(out, error)) {
    std::string text(kMostPem, '\0');
    std::ifstream file(out, std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    for (const auto* kind : {"", "TRUSTED ", "X509 "})
      if (text.find("-----BEGIN " + std::string(kind) + "CERTIFICATE-----") != text.npos)
        return out;
  }
  throw Failure{std::string(error::kUnreadable),
                "--ca " + printable(path) + " holds no certificate in PEM",
                "it begins with -----BEGIN CERTIFICATE-----; one in DER becomes one: openssl x509 "
                "-inform DER -in FILE -out FILE.pem"};
}

}  // namespace

Account account_from(const std::string& path, const Values& p) {
  Account a;
  a.path = path;
  a.id = value_of<std::string>(p, "Id", path.substr(path.rfind('/') + 1));
  a.jid = value_of<std::string>(p, "Jid");
  a.bound_jid = value_of<std::string>(p, "BoundJid");
  a.state = value_of<std::string>(p, "State");
  a.reason = value_of<std::string>(p, "StateReason");
  const auto error = value_of<sdbus::Struct<std::string, std::string>>(p, "Error");
  a.error_name = error.get<0>();
  a.error_message = error.get<1>();
  a.password_store = value_of<std::string>(p, "PasswordStore");
  a.warning = value_of<std::string>(p, "Warning");
  a.enabled = value_of<bool>(p, "Enabled");
  a.connected_at = value_of<std::uint64_t>(p, "ConnectedAt");
  a.next_attempt_at = value_of<std::uint64_t>(p, "NextAttemptAt");
  a.pending = value_of<std::vector<std::string>>(p, "PendingContacts");
  a.settings = value_of<Values>(p, "Settings");
  a.server = value_of<Values>(p, "Server");
  a.steps = value_of<std::vector<std::string>>(p, "LoginSteps");
  return a;
}

ordered_json to_json(const Account& a) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
  };
  ordered_json out = {{"id", a.id},
                      {"jid", a.jid},
                      {"bound_jid", or_null(a.bound_jid)},
                      {"enabled", a.enabled},
                      {"state", a.state},
                      {"reason", a.reason},
                      {"connected_at", or_null(rfc3339(a.connected_at))},
                      {"next_attempt_at", or_null(rfc3339(a.next_attempt_at))},
                      {"password_store", a.password_store},
                      {"pending_contacts", a.pending},
                      {"settings", to_json(a.settings)},
                      {"server", to_json(a.server)},
                      {"login_steps", a.steps},
                      {"warning", or_null(a.warning)},
                      {"error", nullptr}};
  if (!a.error_name.empty()) out["error"] = {{"name", a.error_name}, {"message", a.error_message}};
  return out;
}

std::vector<Account> accounts(Context& context) {
  std::vector<Account> out;
  for (const auto& [path, interfaces] : context.manager().GetManagedObjects()) {
    const auto at = interfaces.find(org::xmppft::Account1_proxy::INTERFACE_NAME);
    if (at != interfaces.end()) out.push_back(account_from(path, at->second));
  }
  const auto number = [](const Account& a) { return std::strtoull(a.id.c_str(), nullptr, 10); };
  std::sort(out.begin(), out.end(),
            [&](const Account& a, const Account& b) { return number(a) < number(b); });
  return out;
}

Account find_account(Context& context, const std::string& given) {
  const auto name = parse_jid("account", given);
  const auto all = accounts(context);
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const Account& a) { return a.id == name || a.jid == name; });
  if (at != all.end()) return *at;
  std::string there;
  for (const auto& a : all) there += (there.empty() ? "" : ", ") + a.id + " (" + a.jid + ")";
  throw Failure{std::string(error::kNoSuchAccount), "no account '" + printable(name) + "'",
                all.empty() ? "xmppftctl account add YOU@SERVER" : "the accounts are " + there};
}

Account chosen_account(Context& context) {
  if (!context.account.empty()) return find_account(context, context.account);
  const auto all = accounts(context);
  if (all.size() == 1) return all[0];
  if (all.empty()) {
    throw Failure{std::string(error::kNoSuchAccount), "there is no account yet",
                  "xmppftctl account add YOU@SERVER"};
  }
  std::string which;
  for (const auto& a : all) which += (which.empty() ? "" : ", ") + a.jid;
  throw usage("which account? give --account", "the accounts are " + which);
}

std::string account_line(const Account& a) {
  if (a.state == "online")
    return "online as " + printable(a.bound_jid) +
           (a.warning.empty() ? "" : "; " + printable(a.warning));
  std::string line = a.state;
  if (!a.error_message.empty()) return line + ": " + printable(a.error_message);
  if (!a.reason.empty()) line += " (" + a.reason + ")";
  return line;
}

void AccountOptions::add_to(Options& options) {
  options.value("--server", server, "HOST[:PORT]",
                "HOST[:PORT] to connect to (default: found by DNS)");
  options.path("--ca", ca, "FILE",
               "trust the certificates in this PEM file in place of the system's");
  options.value("--pin", pin, "SHA256",
                "trust exactly the certificate with this fingerprint (hex, colons allowed)");
  options.value("--resource", resource, "NAME",
                "resource to bind (default: made up once and kept)");
  options.value("--ip-policy", ip_policy, "WORD",
                "who may learn our address: open, contacts (default), proxy-only, ibb-only");
  options.flag("--allow-plain", allow_plain, "allow SASL PLAIN inside TLS");
}

Values AccountOptions::settings(const Options& options) const {
  Values out;
  if (options.given("--server")) out["server"] = server;
  if (options.given("--ca")) out["ca_file"] = certificate_file(ca);
  if (options.given("--resource")) out["resource"] = resource;
  if (options.given("--allow-plain")) out["allow_plain"] = allow_plain;
  if (options.given("--ip-policy")) {
    out["ip_policy"] =
        parse_word("--ip-policy", ip_policy, {"open", "contacts", "proxy-only", "ibb-only"});
  }
  if (options.given("--pin")) out["pin"] = pin.empty() ? pin : parse_pin(pin);
  return out;
}

void PasswordOptions::add_to(Options& options) {
  options.flag("--password-stdin", from_stdin,
               "read the password from standard input, less one trailing newline");
  options.value("--password-fd", fd, "N", "read it from this descriptor");
  options.value("--store", store, "WHERE",
                "where it is kept: file (mode 0600), session (memory only), auto (default)");
  options.refuse("--password", "--password is not an option: other users can read command lines",
                 "leave it out to be asked, or use --password-stdin, --password-fd N");
}

Password PasswordOptions::read(const std::string& jid) const {
  parse_word("--store", store, {"auto", "file", "session"});
  if (from_stdin && !fd.empty())
    throw usage("--password-stdin and --password-fd exclude each other");
  if (from_stdin) return Password::read(STDIN_FILENO);
  if (!fd.empty())
    return Password::read(static_cast<int>(parse_number("--password-fd", fd, 0, 1'000'000)));
  return Password::ask("Password for " + printable(jid) + ": ");
}

std::string set_password(Context& context, const std::string& path, const Password& password,
                         const std::string& store) {
  AccountClient client(context.bus(), path);
  const auto stored =
      client.SetPassword(sdbus::UnixFd(password.as_fd(), sdbus::adopt_fd), {{"store", store}});
  if (stored == "file") return "password in a 0600 file";
  if (stored == "session") return "password in memory until the daemon ends";
  return "password in " + stored;
}

Account go_online(Context& context, const std::string& path) {
  const auto now = [&] {
    for (auto& account : accounts(context)) {
      if (account.path == path) return account;
    }
    throw Failure{std::string(error::kNoSuchAccount), "the account was removed meanwhile", ""};
  };
  AccountClient client(context.bus(), path);
  try {
    client.connect_within(context.timeout.value_or(kLogin));
  } catch (const sdbus::Error& e) {
    Failure failure = to_failure(e);
    if (exit_code(failure.name) != kNotOnline) throw failure;
    const Account account = now();
    failure.message +=
        account.enabled ? "; account kept, the daemon goes on trying" : "; account kept, disabled";
    failure.hint = login_hint(account);
    throw failure;
  }
  return now();
}

void tell_account(const Context& context, const Account& account, const std::string& more) {
  if (context.out.json())
    return context.out.document({{"accounts", ordered_json::array({to_json(account)})}});
  if (context.out.quiet || context.out.form == Output::Form::Plain) {
    std::cout << account.id << '\n';
    return;
  }
  context.out.say("account " + account.id + ": " + account_line(account) +
                  (more.empty() ? "" : "; " + more));
}

}  // namespace xmppftctl
