// SPDX-License-Identifier: MIT
#include "account/live_account.h"

#include <utility>

#include "base/bytes.h"
#include "base/log.h"

namespace xmppftd {
namespace {

constexpr std::string_view kAccount = "account";

constexpr std::size_t kMaxSteps = 64;

/// From 0 up to 1.
double random_fraction() {
  return static_cast<double>(std::stoul(random_hex(4), nullptr, 16)) / 4294967296.0;
}

/// Does the session depend on what differs?
bool needs_reconnect(const AccountSettings& a, const AccountSettings& b) {
  return a.resource != b.resource || a.host != b.host || a.port != b.port ||
         a.ca_file != b.ca_file || a.pin != b.pin || a.allow_plain != b.allow_plain;
}

}  // namespace

LiveAccount::LiveAccount(const AccountWorld& world, AccountSettings settings,
                         std::function<void()> on_changed)
    : world_(world),
      settings_(std::move(settings)),
      jid_(Jid::parse(settings_.jid).value()),
      on_changed_(std::move(on_changed)),
      resource_(settings_.resource),
      backoff_(random_fraction),
      link_(world_.links.make(*this)),
      session_(
          world_, settings_.id, jid_, [this](std::string xml) { link_->send(std::move(xml)); },
          *this),
      later_(world_.timers) {}

LiveAccount::~LiveAccount() {
  *alive_ = false;
  const Error removed{Errc::NoSuchAccount, "the account was removed"};
  answer(waiters_, removed);
  answer(leaving_, removed);
}

void LiveAccount::start() {
  if (settings_.enabled) attempt();
}

void LiveAccount::network_changed() {
  if (online()) return session_.probe();
  const Errc why = errc_of(status_.reason);
  // A refused password or certificate stays refused, by whatever address.
  if (!retry_ || (why != Errc::Network && why != Errc::Dns)) return;
  backoff_.reset();
  attempt();
}

// ---- The way online

void LiveAccount::connect(Done done) {
  set_enabled(true);
  waiters_.push_back(std::move(done));
  if (close_wanted_) {
    again_ = true;
  } else if (online()) {
    later_.run([this] { answer(waiters_, {}); });
  } else if (!link_busy_) {
    backoff_.reset();
    attempt();
  }
}

void LiveAccount::attempt() {
  retry_.reset();
  status_.state = AccountState::Connecting;
  status_.reason = AccountReason::None;
  status_.next_attempt_at = {};
  changed();
  if (password_) return attempt_with_password();
  auto loaded = std::make_shared<Result<Secret>>(Error{Errc::NoPassword, ""});
  in_background(
      [&store = world_.store, id = settings_.id, loaded]() -> Result<void> {
        *loaded = store.load_password(id);
        if (!*loaded) return loaded->error();
        return {};
      },
      [this, loaded](Result<void> outcome) {
        if (status_.state != AccountState::Connecting || link_busy_) return;
        if (!outcome && outcome.error().code == Errc::Unavailable)
          return try_later({AccountReason::Backoff, outcome.error().detail, ""});
        if (!outcome) return give_up(AccountReason::NoPassword, outcome.error());
        password_ = std::move(**loaded);
        status_.password_store = "file";
        attempt_with_password();
      });
}

void LiveAccount::attempt_with_password() {
  if (resource_.empty()) {
    // Chosen once and kept: peers' streams and queued jobs name the full JID.
    resource_ = settings_.resource = "xmppft-" + random_hex(2);
    save([](Result<void>) {});
  }
  auto full = jid_.with_resource(resource_);
  if (!full) return give_up(AccountReason::Auth, full.error());
  status_.steps.clear();
  status_.certificate.clear();
  link_busy_ = true;
  link_->connect(Login{*full, password_->clone(), settings_.host, settings_.port, settings_.ca_file,
                       settings_.pin, settings_.allow_plain});
}

void LiveAccount::on_step(std::string step) {
  if (status_.steps.size() < kMaxSteps) status_.steps.push_back(std::move(step));
}

void LiveAccount::on_up(const Jid& bound) {
  log::info(kAccount, "account " + std::to_string(id()) + ": came online");
  status_.state = AccountState::Online;
  status_.reason = AccountReason::None;
  status_.error.reset();
  status_.bound_jid = bound.str();
  status_.connected_at = wall_now();
  up_at_ = world_.timers.now();
  session_.up(bound);
  changed();
  world_.events.account_changed(id());
  answer(waiters_, {});
}

void LiveAccount::on_down(Down why) {
  link_busy_ = false;
  const bool was_online = online();
  online_for_ =
      was_online
          ? std::chrono::duration_cast<std::chrono::milliseconds>(world_.timers.now() - up_at_)
          : std::chrono::milliseconds(0);
  status_.bound_jid.clear();
  status_.connected_at = {};
  status_.proxies.clear();
  status_.warning.clear();
  if (was_online) {
    status_.state = AccountState::Connecting;
    session_.down(why.reason == AccountReason::Backoff);
    world_.events.account_changed(id());
  }
  if (close_wanted_) {
    close_wanted_ = false;
    if (!again_) go_offline(AccountReason::User);
    answer(leaving_, {});
    if (!again_) return;
  }
  if (std::exchange(again_, false)) return attempt();
  log::warning(kAccount, "account " + std::to_string(id()) + ": " + why.detail);
  status_.certificate = why.certificate;
  if (waits_for_user(why.reason)) {
    // A wrong password asked again and again locks accounts: the user must say something first.
    set_enabled(false);
    return give_up(why.reason, why.error());
  }
  try_later(why);
}

void LiveAccount::on_stanza(Element stanza) { session_.receive(std::move(stanza)); }

void LiveAccount::on_session_changed() {
  status_.proxies = session_.proxies();
  status_.warning = session_.warning();
  changed();
}

void LiveAccount::on_session_dead() { link_->close(); }

void LiveAccount::give_up(AccountReason reason, Error error) {
  status_.state = AccountState::Failed;
  status_.reason = reason;
  status_.error = error;
  status_.next_attempt_at = {};
  changed();
  answer(waiters_, error);
}

void LiveAccount::try_later(const Down& why) {
  const auto delay = backoff_.next(errc_of(why.reason), std::exchange(online_for_, {}));
  if (why.reason == AccountReason::Conflict) resource_ = settings_.resource + "-" + random_hex(2);
  status_.state = AccountState::Connecting;
  status_.reason = why.reason;
  status_.error = why.error();
  status_.next_attempt_at = wall_now() + delay;
  retry_ = world_.timers.after(delay, [this] { attempt(); });
  changed();
  answer(waiters_, why.error());
}

void LiveAccount::go_offline(AccountReason reason) {
  retry_.reset();
  status_.state = AccountState::Offline;
  status_.reason = reason;
  status_.next_attempt_at = {};
  changed();
}

void LiveAccount::disconnect(Done done) {
  set_enabled(false);
  retry_.reset();
  again_ = false;
  answer(waiters_, Error{Errc::NotOnline, "the account was told to disconnect"});
  save([this, done = std::move(done)](Result<void> saved) mutable {
    if (!saved || !close_wanted_) return done(std::move(saved));
    leaving_.push_back(std::move(done));
  });
  if (link_busy_) {
    close_wanted_ = true;
    link_->close();
  } else {
    go_offline(AccountReason::User);
  }
}

void LiveAccount::update(AccountSettings settings, Done done) {
  settings.id = settings_.id;
  settings.jid = settings_.jid;
  const bool reconnect = needs_reconnect(settings, settings_);
  const bool enable = settings.enabled && !settings_.enabled;
  const bool disable = !settings.enabled && settings_.enabled;
  settings_ = std::move(settings);
  resource_ = settings_.resource;
  save(std::move(done));
  if (disable) return disconnect([](Result<void>) {});
  if (enable || (reconnect && settings_.enabled)) {
    backoff_.reset();
    if (link_busy_) {
      again_ = close_wanted_ = true;
      link_->close();
    } else {
      attempt();
    }
  }
  changed();
}

// ---- The password

void LiveAccount::set_password(Secret password, std::string store,
                               Callback<void(Result<std::string>)> done) {
  password_ = password.clone();
  if (store == "auto") store = world_.config.secrets.store == "session" ? "session" : "file";
  auto kept = std::make_shared<Secret>(std::move(password));
  in_background(
      [&accounts = world_.store, id = settings_.id, kept, store]() -> Result<void> {
        return store == "file" ? accounts.save_password(id, *kept) : accounts.forget_password(id);
      },
      [this, store, done = std::move(done)](Result<void> outcome) mutable {
        if (!outcome) return done(Error{Errc::SecretStore, outcome.error().detail});
        status_.password_store = store;
        changed();
        done(store);
      });
}

void LiveAccount::forget_password(Done done) {
  password_.reset();
  in_background(
      [&accounts = world_.store, id = settings_.id] { return accounts.forget_password(id); },
      [this, done = std::move(done)](Result<void> outcome) mutable {
        if (!outcome) return done(Error{Errc::SecretStore, outcome.error().detail});
        status_.password_store = "none";
        changed();
        done({});
      });
}

// ---- What the queue asks

void LiveAccount::plan(const Jid& peer, const std::vector<MethodChoice>& methods,
                       Callback<void(Result<SendPlan>)> done) {
  if (online()) return session_.plan(peer, methods, trust(peer), std::move(done));
  later_.run([done = std::move(done)]() mutable {
    done(Error{Errc::NotOnline, "the account is offline"});
  });
}

Jid LiveAccount::self() const {
  const auto full = online() ? Jid::parse(status_.bound_jid) : jid_.with_resource(resource_);
  return full && !resource_.empty() ? *full : jid_;
}

PeerTrust LiveAccount::trust(const Jid& peer) const {
  PeerTrust trust;
  trust.subscribed = session_.subscribed_both_ways(peer) || peer.bare() == jid_;
  trust.room_occupant = session_.is_room(peer);
  switch (settings_.ip_policy) {
    case IpPolicy::Open: break;
    case IpPolicy::Contacts:
      trust.direct_allowed = trust.subscribed;
      trust.own_proxy_only = !trust.subscribed;
      break;
    case IpPolicy::ProxyOnly:
      trust.direct_allowed = false;
      trust.own_proxy_only = true;
      break;
    case IpPolicy::IbbOnly:
      trust.direct_allowed = false;
      trust.own_proxy_only = true;
      trust.streams_allowed = false;
      break;
  }
  return trust;
}

// ---- Contacts

std::vector<ContactView> LiveAccount::contacts() const { return session_.contacts(); }
std::vector<std::string> LiveAccount::pending_contacts() const {
  return session_.pending_contacts();
}

Result<void> LiveAccount::need_online() const {
  if (online()) return {};
  return Error{Errc::NotOnline, "account " + std::to_string(id()) + " (" + settings_.jid + ") is " +
                                    std::string(to_string(status_.state)) +
                                    ", and its contacts are at the server"};
}

void LiveAccount::add_contact(const Jid& bare, std::string name, Done done) {
  auto ready = need_online();
  if (const auto own = Jid::parse(settings_.jid); own && *own == bare)
    ready = Error{Errc::BadArgument,
                  bare.str() + " is this account itself; a contact is somebody else"};
  if (ready) return session_.add_contact(bare, std::move(name), std::move(done));
  later_.run([done = std::move(done), ready]() mutable { done(ready); });
}

void LiveAccount::remove_contact(const Jid& bare, Done done) {
  auto ready = need_online();
  if (ready) return session_.remove_contact(bare, std::move(done));
  later_.run([done = std::move(done), ready]() mutable { done(ready); });
}

Result<void> LiveAccount::approve_contact(const Jid& bare) {
  if (auto ready = need_online(); !ready) return ready;
  return session_.approve_contact(bare);
}

Result<void> LiveAccount::deny_contact(const Jid& bare) {
  if (auto ready = need_online(); !ready) return ready;
  return session_.deny_contact(bare);
}

// ---- Small tools

void LiveAccount::answer(std::vector<Done>& waiting, const Result<void>& outcome) {
  auto waiters = std::exchange(waiting, {});
  for (auto& waiter : waiters) waiter(outcome);
}

void LiveAccount::set_enabled(bool enabled) {
  if (settings_.enabled == enabled) return;
  settings_.enabled = enabled;
  save([](Result<void>) {});
}

void LiveAccount::save(Done done) {
  in_background([&store = world_.store, settings = settings_] { return store.save(settings); },
                std::move(done));
}

void LiveAccount::in_background(Callback<Result<void>()> work, Done then) {
  auto outcome = std::make_shared<Result<void>>();
  world_.background.run([work = std::move(work), outcome]() mutable { *outcome = work(); },
                        [alive = alive_, then = std::move(then), outcome]() mutable {
                          if (*alive) then(*outcome);
                        });
}

void LiveAccount::changed() { on_changed_(); }

}  // namespace xmppftd
