// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "model/accept_rule.h"
#include "model/job.h"

namespace xmppftd {

/// Everything config.jsonc can say, with its defaults. packaging/xmppftd.example.jsonc documents
/// each key.
struct Config {
  std::string download_dir;          ///< absolute; default the XDG download folder
  std::string on_exists = "rename";  ///< rename | fail, where neither a rule nor the user says
  struct {
    std::optional<unsigned> mode;  ///< permission bits of received files; none = the folder's
  } receive;
  struct {
    unsigned max_active = 16;
    unsigned max_active_per_peer = 8;
    std::chrono::milliseconds progress_interval{500};  ///< 250..5000
  } limits;
  std::vector<MethodChoice> methods = all_choices();  ///< order = preference
  struct {
    /// addresses of our own streamhost; port 0 = any
    std::vector<std::string> listen{"0.0.0.0:0", "[::]:0"};
    bool direct = true;                  ///< false: advertise no address of ours
    std::vector<std::string> advertise;  ///< "HOST[:PORT]" in place of the addresses found
    bool use_server_proxy = true;
    std::vector<std::string> proxies;  ///< JIDs of further proxies
  } socks5;
  struct {
    std::uint32_t block_size = 4096;           ///< bytes, 128..65535, to peers that are not xmppftd
    std::uint32_t block_size_xmppftd = 16384;  ///< likewise, to xmppftd
  } ibb;
  struct {
    unsigned attempts = 5;
    std::chrono::seconds first_delay{5};
    std::chrono::seconds max_delay{600};
  } retry;
  struct {
    /// an outgoing job whose peer never appears
    std::chrono::seconds give_up_after{7 * 24 * 3600};
  } queue;
  struct {
    std::chrono::seconds expire{600};
    std::chrono::seconds answer_within{300};  ///< how long a peer's user may think
    std::chrono::seconds resume_within{7 * 24 * 3600};
    unsigned max_pending = 100;
    unsigned max_pending_per_peer = 10;
    std::uint64_t daily_quota = 100ull << 30;  ///< bytes a day that rules accept from one bare JID
  } offers;
  std::vector<AcceptRule> auto_accept;
  struct {
    std::vector<std::string> trusted;  ///< CIDRs of loopback or link-local nets to allow
  } network;
  struct {
    std::uint64_t min_free = 500u << 20;  ///< bytes left on the disk of a download folder
  } disk;
  struct {
    std::uint64_t before_offer_max = 256u << 20;  ///< bytes; bigger files are offered without MD5
  } hash;
  struct {
    std::chrono::seconds keep{30 * 24 * 3600};
    unsigned max_jobs = 20000;
  } history;
  struct {
    bool auto_approve = false;
  } contacts;
  struct {
    std::string store = "auto";  ///< auto | file | session
  } secrets;
  struct {
    log::Level level = log::Level::Info;
  } log;
};

/// Where configuration is looked for; later files win per key.
struct ConfigPaths {
  /// optional ones: missing is fine. The user's own config.jsonc is the last
  std::vector<std::string> files;
  bool last_is_required = false;  ///< --config FILE: missing is an error
  std::string drop_in_folder;     ///< config.d: its *.jsonc by name, after `files`
  std::string folder;             ///< $XDG_CONFIG_HOME/xmppft: accounts.d lives here too

  /// From $XDG_CONFIG_DIRS, $XDG_CONFIG_HOME, $XMPPFT_CONFIG and `--config` ("" = not given).
  /// Errors: those of home_folder().
  static Result<ConfigPaths> from_environment(const std::string& config_option);
};

/// What those whom a key is for demand of each of its strings: they know more of them than
/// configuration does, and what they refuse is shown in its place like any other mistake.
using WordCheck = std::function<Result<void>(const std::string&)>;
using WordChecks = std::map<std::string, WordCheck, std::less<>>;

/// Reads all layers, all or nothing. Errors: Config, with every mistake of every file on a line of
/// its own: "config.jsonc:5:21: error: limits.max_active: "x" is not a whole number; want 1 to
/// 100".
Result<Config> load_config(const ConfigPaths& paths, const WordChecks& checks = {});

/// Writes `rules` to config.d/90-xmppftctl.jsonc (write, fsync, rename; 0600), replacing what that
/// file said before.
Result<void> save_accept_rules(const ConfigPaths& paths, const std::vector<AcceptRule>& rules);

}  // namespace xmppftd
