// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>
#include <vector>

#include "account/accounts.h"
#include "bus/guarded_object.h"
#include "bus/job_fields.h"
#include "job1_adaptor.h"
#include "transfer/queue.h"

namespace xmppftd {

/// One exported job (org.xmppft.Job1). Its values come from the queue at each read.
class JobObject final : public BusObject<org::xmppft::Job1_adaptor, sdbus::Properties_adaptor,
                                         sdbus::ManagedObject_adaptor> {
 public:
  JobObject(sdbus::IConnection& connection, TransferQueue& queue, AccountPorts& accounts, JobId id);

  void announce();                                           ///< InterfacesAdded
  void withdraw();                                           ///< InterfacesRemoved
  void tell_changed(const std::vector<std::string>& names);  ///< PropertiesChanged

 private:
  void Accept(sdbus::Result<>&& call, VariantMap options) override;
  void Decline(sdbus::Result<>&& call, VariantMap options) override;
  void Cancel(sdbus::Result<>&& call) override;
  void Remove(sdbus::Result<>&& call) override;

  template <class T>
  T read(std::string_view name) const {
    return field(name).get<T>();
  }
  sdbus::Variant field(std::string_view name) const;

  std::uint64_t Id() override { return id_; }
  std::string Batch() override { return read<std::string>("Batch"); }
  std::string Direction() override { return read<std::string>("Direction"); }
  sdbus::ObjectPath Account() override { return read<sdbus::ObjectPath>("Account"); }
  std::string Peer() override { return read<std::string>("Peer"); }
  std::string PeerFull() override { return read<std::string>("PeerFull"); }
  std::uint64_t CreatedAt() override { return read<std::uint64_t>("CreatedAt"); }
  std::uint64_t StartedAt() override { return read<std::uint64_t>("StartedAt"); }
  std::uint64_t FinishedAt() override { return read<std::uint64_t>("FinishedAt"); }
  bool Persistent() override { return read<bool>("Persistent"); }
  std::string Name() override { return read<std::string>("Name"); }
  std::string Uri() override { return read<std::string>("Uri"); }
  std::string MimeType() override { return read<std::string>("MimeType"); }
  std::string Description() override { return read<std::string>("Description"); }
  std::int64_t Size() override { return read<std::int64_t>("Size"); }
  std::int32_t Priority() override { return read<std::int32_t>("Priority"); }
  std::string State() override { return read<std::string>("State"); }
  std::string StateReason() override { return read<std::string>("StateReason"); }
  sdbus::Struct<std::string, std::string> Error() override {
    return read<sdbus::Struct<std::string, std::string>>("Error");
  }
  std::vector<std::string> Actions() override { return read<std::vector<std::string>>("Actions"); }
  std::uint64_t Transferred() override { return read<std::uint64_t>("Transferred"); }
  std::uint64_t Offset() override { return read<std::uint64_t>("Offset"); }
  std::uint64_t Rate() override { return read<std::uint64_t>("Rate"); }
  std::int64_t Eta() override { return read<std::int64_t>("Eta"); }
  std::string Method() override { return read<std::string>("Method"); }
  VariantMap MethodDetail() override { return read<VariantMap>("MethodDetail"); }
  std::uint32_t Attempt() override { return read<std::uint32_t>("Attempt"); }
  std::uint64_t NextAttemptAt() override { return read<std::uint64_t>("NextAttemptAt"); }
  std::string Hash() override { return read<std::string>("Hash"); }
  std::string HashState() override { return read<std::string>("HashState"); }
  std::string Delivery() override { return read<std::string>("Delivery"); }

  TransferQueue& queue_;
  AccountPorts& accounts_;
  const JobId id_;
};

}  // namespace xmppftd
