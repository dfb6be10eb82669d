// SPDX-License-Identifier: MIT
// A peer on QXmpp; tests/interop/README.md says how all peers are spoken to.
#include <QXmppClient.h>
#include <QXmppConfiguration.h>
#include <QXmppLogger.h>
#include <QXmppTransferManager.h>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSocketNotifier>
#include <QSslCertificate>

#include <unistd.h>
#include <cstdio>
#include <cstdlib>

namespace {

void tell(const QString& line) {
  std::printf("peer: %s\n", qPrintable(line));
  std::fflush(stdout);
}

QString reason(const QXmppTransferJob* job) {
  switch (job->error()) {
    case QXmppTransferJob::NoError: return "no error";
    case QXmppTransferJob::AbortError: return "AbortError";
    case QXmppTransferJob::FileAccessError: return "FileAccessError";
    case QXmppTransferJob::FileCorruptError: return "FileCorruptError";
    case QXmppTransferJob::ProtocolError: return "ProtocolError";
  }
  return "unknown";
}

/// Receives into a folder, and sends what it is told, one file after the other.
class Peer {
 public:
  Peer(const QString& proxy, const QString& folder) : folder_(folder) {
    manager_ = new QXmppTransferManager;
    client_.addExtension(manager_);
    manager_->setProxy(proxy);
    QObject::connect(&client_, &QXmppClient::connected, [] { tell("online"); });
    QObject::connect(&client_, &QXmppClient::disconnected, [] { std::exit(3); });
    QObject::connect(manager_, &QXmppTransferManager::fileReceived,
                     [this](QXmppTransferJob* job) { receive(job); });
  }

  void go_online(const QXmppConfiguration& configuration) {
    client_.connectToServer(configuration);
  }

  /// `order` is "METHOD TO FILE".
  void send(const QString& order) {
    const QString method = order.section(' ', 0, 0);
    const QString file = order.section(' ', 2);
    manager_->setSupportedMethods(method == "ibb"   ? QXmppTransferJob::InBandMethod
                                  : method == "any" ? QXmppTransferJob::AnyMethod
                                                    : QXmppTransferJob::SocksMethod);
    manager_->setProxyOnly(method == "s5b-proxy");
    QXmppTransferJob* job = manager_->sendFile(order.section(' ', 1, 1), file);
    manager_->setSupportedMethods(QXmppTransferJob::AnyMethod);
    if (!job) {
      tell("failed " + file + " no job");
      return;
    }
    QObject::connect(job, &QXmppTransferJob::finished, [job, file] {
      tell(job->error() == QXmppTransferJob::NoError ? "sent " + file
                                                     : "failed " + file + " " + reason(job));
      job->deleteLater();
    });
  }

 private:
  void receive(QXmppTransferJob* job) {
    const QString name = QFileInfo(job->fileName()).fileName();
    QObject::connect(job, &QXmppTransferJob::finished, [job, name] {
      tell(job->error() == QXmppTransferJob::NoError ? "received " + name
                                                     : "lost " + name + " " + reason(job));
      job->deleteLater();
    });
    job->accept(QDir(folder_).filePath(name));
  }

  QString folder_;
  QXmppClient client_;
  QXmppTransferManager* manager_ = nullptr;  // the client's
};

}  // namespace

int main(int argc, char** argv) {
  QCoreApplication app(argc, argv);
  const QStringList words = app.arguments();
  if (words.size() != 6) {
    std::fprintf(stderr, "usage: PEER_PASSWORD=… %s JID HOST:PORT CA PROXY FOLDER\n", argv[0]);
    return 2;
  }
  QXmppLogger::getLogger()->setLoggingType(QXmppLogger::StdoutLogging);

  QXmppConfiguration configuration;
  configuration.setJid(words[1]);
  configuration.setPassword(qEnvironmentVariable("PEER_PASSWORD"));
  configuration.setHost(words[2].section(':', 0, 0));
  configuration.setPort(words[2].section(':', 1).toInt());
  configuration.setCaCertificates(QSslCertificate::fromPath(words[3]));
  configuration.setStreamSecurityMode(QXmppConfiguration::TLSRequired);
  configuration.setAutoReconnectionEnabled(false);
  configuration.setAutoAcceptSubscriptions(true);
  Peer peer(words[4], words[5]);
  peer.go_online(configuration);

  QFile in;
  in.open(stdin, QIODevice::ReadOnly);
  QSocketNotifier orders(STDIN_FILENO, QSocketNotifier::Read);
  QObject::connect(&orders, &QSocketNotifier::activated, [&] {
    do {
      const QByteArray line = in.readLine();
      if (line.isEmpty()) return app.exit(0);
      peer.send(QString::fromUtf8(line).trimmed());
    } while (in.canReadLine());
  });
  return app.exec();
}
