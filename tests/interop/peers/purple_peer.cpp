// SPDX-License-Identifier: MIT
// A peer on libpurple, what Pidgin is; tests/interop/README.md says how all peers are spoken to.
// METHOD is not looked at: libpurple always offers S5B and IBB.
#include <glib-unix.h>
#include <purple.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

namespace {

GMainLoop* loop = nullptr;
PurpleAccount* account = nullptr;
std::filesystem::path folder;
int signal_handle;  // its address is who listens

void tell(const std::string& line) {
  std::printf("peer: %s\n", line.c_str());
  std::fflush(stdout);
}

// --- what libpurple asks of a user interface ---

struct Watch {
  PurpleInputFunction function;
  gpointer data;
};

gboolean ready(gint fd, GIOCondition condition, gpointer data) {
  const auto* watch = static_cast<Watch*>(data);
  int what = 0;
  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) what |= PURPLE_INPUT_READ;
  if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)) what |= PURPLE_INPUT_WRITE;
  watch->function(watch->data, fd, static_cast<PurpleInputCondition>(what));
  return G_SOURCE_CONTINUE;
}

guint input_add(int fd, PurpleInputCondition condition, PurpleInputFunction function,
                gpointer data) {
  int what = G_IO_HUP | G_IO_ERR;
  if (condition & PURPLE_INPUT_READ) what |= G_IO_IN;
  if (condition & PURPLE_INPUT_WRITE) what |= G_IO_OUT | G_IO_NVAL;
  return g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, static_cast<GIOCondition>(what), ready,
                            new Watch{function, data},
                            [](gpointer watch) { delete static_cast<Watch*>(watch); });
}

PurpleEventLoopUiOps event_loop_ops() {
  PurpleEventLoopUiOps ops{};
  ops.timeout_add = g_timeout_add;
  ops.timeout_remove = g_source_remove;
  ops.input_add = input_add;
  ops.input_remove = g_source_remove;
  ops.timeout_add_seconds = g_timeout_add_seconds;
  return ops;
}

void print_debug(PurpleDebugLevel, const char* category, const char* text) {
  std::printf("%s: %s", category ? category : "", text);
  std::fflush(stdout);
}

void* print_notice(PurpleNotifyMsgType, const char*, const char* primary, const char* secondary) {
  std::printf("notice: %s: %s\n", primary ? primary : "", secondary ? secondary : "");
  std::fflush(stdout);
  return nullptr;
}

// --- contacts ---

/// Everybody may see us, and we want to see them.
int authorize(PurpleAccount* own, const char* user) {
  PurpleBuddy* buddy = purple_buddy_new(own, user, nullptr);
  purple_blist_add_buddy(buddy, nullptr, nullptr, nullptr);
  purple_account_add_buddy(own, buddy);
  return 1;
}

// --- files ---

void receive(PurpleXfer* transfer) {
  const auto name = std::filesystem::path(purple_xfer_get_filename(transfer)).filename();
  purple_xfer_request_accepted(transfer, (folder / name).c_str());
}

/// Says how a transfer ended once libpurple has closed its file.
void ended(PurpleXfer* transfer, const char* word) {
  const bool incoming = purple_xfer_get_type(transfer) == PURPLE_XFER_RECEIVE;
  const char* path = purple_xfer_get_local_filename(transfer);
  const std::string file = path ? path : "?";
  const auto name = std::filesystem::path(file).filename().string();
  auto* line = new std::string(std::string(word) + " " + (incoming ? name : file));
  g_idle_add(
      [](gpointer data) -> gboolean {
        auto* text = static_cast<std::string*>(data);
        tell(*text);
        delete text;
        return G_SOURCE_REMOVE;
      },
      line);
}

void received(PurpleXfer* transfer) { ended(transfer, "received"); }
void lost(PurpleXfer* transfer) { ended(transfer, "lost"); }
void sent(PurpleXfer* transfer) { ended(transfer, "sent"); }
void failed(PurpleXfer* transfer) { ended(transfer, "failed"); }

gboolean read_order(gint, GIOCondition, gpointer) {
  std::string method, to, file;
  if (!(std::cin >> method >> to) || !std::getline(std::cin >> std::ws, file)) {
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
  }
  serv_send_file(purple_account_get_connection(account), to.c_str(), file.c_str());
  return G_SOURCE_CONTINUE;
}

void signed_on() {
  tell("online");
  g_unix_fd_add(0, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), read_order, nullptr);
}

void connection_lost() { std::exit(3); }

// --- life ---

void start_libpurple(const std::string& home, const std::string& ca) {
  static PurpleEventLoopUiOps event_loop = event_loop_ops();
  static PurpleDebugUiOps debug{};
  static PurpleNotifyUiOps notify{};
  debug.print = print_debug;
  notify.notify_message = print_notice;
  purple_util_set_user_dir((home + "/purple").c_str());
  purple_debug_set_ui_ops(&debug);
  purple_debug_set_enabled(FALSE);
  purple_eventloop_set_ui_ops(&event_loop);
  purple_notify_set_ui_ops(&notify);
  if (!purple_core_init("xmppft-test")) std::exit(4);
  purple_set_blist(purple_blist_new());
  purple_prefs_set_bool("/purple/network/map_ports", FALSE);  // no UPnP

  const std::filesystem::path trusted = home + "/trusted";
  std::filesystem::create_directories(trusted);
  std::filesystem::copy_file(ca, trusted / "ca.pem",
                             std::filesystem::copy_options::overwrite_existing);
  purple_certificate_add_ca_search_path(trusted.c_str());
}

void listen(void* to, const char* name, PurpleCallback callback) {
  purple_signal_connect(to, name, &signal_handle, callback, nullptr);
}

void listen_to_all() {
  void* transfers = purple_xfers_get_handle();
  listen(transfers, "file-recv-request", PURPLE_CALLBACK(receive));
  listen(transfers, "file-recv-complete", PURPLE_CALLBACK(received));
  listen(transfers, "file-recv-cancel", PURPLE_CALLBACK(lost));
  listen(transfers, "file-send-complete", PURPLE_CALLBACK(sent));
  listen(transfers, "file-send-cancel", PURPLE_CALLBACK(failed));
  listen(purple_connections_get_handle(), "signed-on", PURPLE_CALLBACK(signed_on));
  listen(purple_connections_get_handle(), "connection-error", PURPLE_CALLBACK(connection_lost));
  listen(purple_accounts_get_handle(), "account-authorization-requested",
         PURPLE_CALLBACK(authorize));
}

void log_in(const char* jid, const std::string& server) {
  const auto colon = server.rfind(':');
  account = purple_account_new(jid, "prpl-jabber");
  purple_account_set_password(account, g_getenv("PEER_PASSWORD"));
  purple_account_set_string(account, "connect_server", server.substr(0, colon).c_str());
  purple_account_set_int(account, "port", std::atoi(server.c_str() + colon + 1));
  purple_account_set_string(account, "connection_security", "require_tls");
  purple_account_set_string(account, "ft_proxies", "");  // only what our own server has
  purple_accounts_add(account);
  purple_account_set_enabled(account, "xmppft-test", TRUE);
  purple_savedstatus_activate(purple_savedstatus_new(nullptr, PURPLE_STATUS_AVAILABLE));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 || !g_getenv("PEER_PASSWORD") || !g_getenv("HOME")) {
    std::fprintf(stderr, "usage: PEER_PASSWORD=… %s JID HOST:PORT CA PROXY FOLDER\n", argv[0]);
    return 2;
  }
  folder = argv[5];
  loop = g_main_loop_new(nullptr, FALSE);
  start_libpurple(g_getenv("HOME"), argv[3]);
  listen_to_all();
  log_in(argv[1], argv[2]);  // the proxy is found by libpurple itself
  g_main_loop_run(loop);
  purple_core_quit();
}
