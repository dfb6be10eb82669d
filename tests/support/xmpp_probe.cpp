// SPDX-License-Identifier: MIT
// xmpp_probe [options] JID PASSWORD [JID PASSWORD ...]: logs in by hand through strophe/ and tells
// what happens, one line per event, with seconds since the start.
//   --host H --port P --ca FILE --pin SHA256 --plain   as in Login
//   --stay S     seconds until all links are closed (default 2); counted from the start
//   --blast N    when all are up, the first sends the second N messages ...
//   --size B     ... with B bytes of text each; the second answers each with as much
//   --again      connects anew, once a second, after each down but our own
//   --drop       ends by destroying the links instead of closing them
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "model/namespaces.h"
#include "strophe/expat_seam.h"
#include "strophe/xmpp_thread.h"
#include "uv/loop.h"

using namespace xmppftd;

namespace {

struct Options {
  std::string host, ca, pin;
  std::uint16_t port = 0;
  bool plain = false, again = false, drop = false;
  double stay = 2;
  std::size_t blast = 0, size = 100;
};

class Probe;

class Account final : public XmppLink::Handler {
 public:
  Account(Probe& probe, std::string jid, std::string password)
      : probe_(probe), jid_(std::move(jid)), password_(std::move(password)) {}
  void connect();
  void on_step(std::string step) override;
  void on_up(const Jid& bound) override;
  void on_down(Down why) override;
  void on_stanza(Element stanza) override;

  std::unique_ptr<XmppLink> link;
  std::string bound;  // "" while down
  std::size_t received = 0;

 private:
  Probe& probe_;
  std::string jid_;
  std::string password_;
  std::unique_ptr<Timer> retry_;
};

class Probe {
 public:
  explicit Probe(Options options) : options_(std::move(options)), thread_(loop_, loop_) {}

  void add(const char* jid, const char* password) {
    accounts_.push_back(std::make_unique<Account>(*this, jid, password));
    accounts_.back()->link = thread_.make(*accounts_.back());
  }
  void run() {
    for (auto& account : accounts_) account->connect();
    end_ = loop_.after(std::chrono::milliseconds(static_cast<int>(options_.stay * 1000)),
                       [this] { close(); });
    loop_.run();
  }
  void close() {
    closing_ = true;
    say("-", "closing");
    if (options_.drop) {
      accounts_.clear();
      return loop_.stop();
    }
    for (auto& account : accounts_) account->link->close();
    end_ = loop_.after(std::chrono::seconds(4), [this] { loop_.stop(); });
    changed();
  }
  void changed() {
    std::size_t up = 0;
    for (auto& account : accounts_) up += account->bound.empty() ? 0 : 1;
    if (closing_ && up == 0) loop_.stop();
    if (up == accounts_.size() && up > 1 && options_.blast > 0 && !blasted_) blast();
  }
  void say(const std::string& who, const std::string& what) const {
    const double now = std::chrono::duration<double>(loop_.now() - start_).count();
    std::printf("%7.3f %s %s\n", now, who.c_str(), what.c_str());
    std::fflush(stdout);
  }
  void message(const Account& from, const std::string& to) {
    from.link->send("<message to='" + to + "' type='chat'><body>" +
                    std::string(options_.size, 'x') + "</body></message>");
  }
  bool is_second(const Account& account) const {
    return accounts_.size() > 1 && accounts_[1].get() == &account;
  }

  const Options& options() const { return options_; }
  Loop& loop() { return loop_; }
  bool closing() const { return closing_; }

 private:
  void blast() {
    blasted_ = true;
    for (std::size_t i = 0; i < options_.blast; ++i) message(*accounts_[0], accounts_[1]->bound);
    say("-", "sent");
  }

  Options options_;
  Loop loop_;
  Timers::Clock::time_point start_ = loop_.now();
  XmppThread thread_;
  std::vector<std::unique_ptr<Account>> accounts_;
  std::unique_ptr<Timer> end_;
  bool closing_ = false, blasted_ = false;
};

void Account::connect() {
  const auto& options = probe_.options();
  auto jid = Jid::parse(jid_);
  if (!jid) return probe_.say(jid_, jid.error().detail);
  link->connect({*jid, Secret(std::string(password_)), options.host, options.port, options.ca,
                 options.pin, options.plain});
}

void Account::on_up(const Jid& bound_jid) {
  bound = bound_jid.str();
  probe_.say(jid_, "up " + bound);
  link->send("<presence/>");
  probe_.changed();
}

void Account::on_step(std::string step) { probe_.say(jid_, step); }

void Account::on_down(Down why) {
  bound.clear();
  probe_.say(jid_, "down " + std::string(to_string(why.reason)) + ": " + why.detail);
  if (probe_.options().again && !probe_.closing())
    retry_ = probe_.loop().after(std::chrono::seconds(1), [this] { connect(); });
  probe_.changed();
}

void Account::on_stanza(Element stanza) {
  const Element* body = stanza.child("body", kNsClient);
  if (body == nullptr) return probe_.say(jid_, "got " + stanza.to_xml(kNsClient));
  ++received;
  if (received % 1000 == 0 || received == probe_.options().blast)
    probe_.say(jid_, std::to_string(received) + " messages, the last of " +
                         std::to_string(body->text.size()) + " bytes");
  if (probe_.is_second(*this))
    probe_.message(*this, std::string(stanza.attribute_or_empty("from")));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  int i = 1;
  const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
  for (; i < argc && std::strncmp(argv[i], "--", 2) == 0; ++i) {
    const std::string key = argv[i] + 2;
    if (key == "host")
      options.host = value();
    else if (key == "port")
      options.port = static_cast<std::uint16_t>(std::atoi(value()));
    else if (key == "ca")
      options.ca = value();
    else if (key == "pin")
      options.pin = value();
    else if (key == "plain")
      options.plain = true;
    else if (key == "again")
      options.again = true;
    else if (key == "drop")
      options.drop = true;
    else if (key == "stay")
      options.stay = std::atof(value());
    else if (key == "blast")
      options.blast = static_cast<std::size_t>(std::atol(value()));
    else if (key == "size")
      options.size = static_cast<std::size_t>(std::atol(value()));
    else
      return std::fprintf(stderr, "unknown option --%s\n", key.c_str()), 2;
  }
  if (auto fine = expat_seam_self_test(); !fine)
    return std::fprintf(stderr, "%s\n", fine.error().detail.c_str()), 1;
  log::set_level(log::Level::Debug);
  Probe probe(options);
  for (; i + 1 < argc; i += 2) probe.add(argv[i], argv[i + 1]);
  probe.run();
}
