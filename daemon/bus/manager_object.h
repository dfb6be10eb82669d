// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <string>
#include <vector>

#include "account/accounts.h"
#include "bus/changes.h"
#include "bus/controls.h"
#include "bus/guarded_object.h"
#include "bus/job_objects.h"
#include "bus/open_batches.h"
#include "bus/options.h"
#include "bus/reply.h"
#include "bus/waits.h"
#include "manager1_adaptor.h"
#include "transfer/queue.h"

namespace xmppftd {

/// What the manager object works with; all outlive it.
struct ManagerWorld {
  TransferQueue& queue;
  Accounts& accounts;
  JobObjects& objects;
  Waits& waits;
  Timers& timers;
  /// Keeps new rules across restarts.
  std::function<void(const std::vector<AcceptRule>&)> save_rules;
  WallTime started_at;
};

/// The root object: org.xmppft.Manager1 beside the ObjectManager.
class ManagerObject final
    : public BusObject<org::xmppft::Manager1_adaptor, sdbus::ObjectManager_adaptor,
                       sdbus::Properties_adaptor> {
 public:
  ManagerObject(sdbus::IConnection& connection, ManagerWorld world);

  void job_changed(JobId id, std::string_view word);
  void tell_changed(const std::string& property);
  void client_left(const Caller& client) { batches_.client_left(client); }

 private:
  const JobRecord& known_job(JobId id) const;
  using Row = sdbus::Struct<std::uint64_t, std::string, std::string>;
  using FieldsRow = sdbus::Struct<std::uint64_t, VariantMap>;
  using SendReply = Reply<std::string, std::vector<std::uint64_t>>;

  void SendUris(sdbus::Result<std::string, std::vector<std::uint64_t>>&& call,
                std::vector<std::string> uris, std::vector<std::string> recipients,
                VariantMap options) override;
  void SendFds(sdbus::Result<std::string, std::vector<std::uint64_t>>&& call,
               std::vector<sdbus::Struct<sdbus::UnixFd, std::string>> files,
               std::vector<std::string> recipients, VariantMap options) override;
  void OpenBatch(sdbus::Result<std::string>&& result, std::vector<std::string> recipients,
                 VariantMap options) override;
  void AddToBatch(
      sdbus::Result<>&& result, std::string batch,
      std::vector<sdbus::Struct<sdbus::UnixFd, std::string, std::string>> files) override;
  void SubmitBatch(sdbus::Result<std::vector<std::uint64_t>>&& result, std::string batch) override;
  void ListJobs(sdbus::Result<std::vector<FieldsRow>, std::string, std::uint64_t>&& result,
                VariantMap filter, std::vector<std::string> fields, std::string cursor,
                std::uint32_t limit) override;
  void GetJob(sdbus::Result<sdbus::ObjectPath>&& call, std::uint64_t id) override;
  void ControlJobs(sdbus::Result<std::vector<std::uint64_t>, std::vector<Row>>&& call,
                   std::string action, VariantMap selector, VariantMap options) override;
  void WaitJobs(sdbus::Result<std::vector<Row>>&& call, std::vector<std::uint64_t> ids,
                std::string until, std::uint64_t timeout_usec) override;
  void GetWait(sdbus::Result<VariantMap>&& call, std::uint64_t id) override;
  void GetHistory(sdbus::Result<std::vector<VariantMap>>&& call, std::uint64_t id) override;
  void AddAccount(sdbus::Result<sdbus::ObjectPath>&& call, std::string jid,
                  VariantMap settings) override;
  void RemoveAccount(sdbus::Result<>&& call, sdbus::ObjectPath account,
                     VariantMap options) override;

  std::string Version() override;
  std::uint64_t StartedAt() override;
  std::vector<std::string> Features() override;
  std::uint32_t MaxActive() override;
  std::vector<VariantMap> AutoAccept() override;
  void AutoAccept(const std::vector<VariantMap>& rules) override;
  std::map<std::string, std::uint32_t> Counts() override;
  bool Degraded() override;
  std::vector<std::string> Problems() override;

  void submit(SendReply& reply, SendRequest request);

  ManagerWorld world_;
  Controls controls_;
  Changes changes_;
  OpenBatches batches_;
  std::unique_ptr<Timer> counts_;  // runs when Counts is to be told
};

}  // namespace xmppftd
