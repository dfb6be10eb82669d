// SPDX-License-Identifier: MIT
#include "bus/job_object.h"

#include "bus/accept_options.h"
#include "bus/names.h"
#include "bus/reply.h"

namespace xmppftd {

JobObject::JobObject(sdbus::IConnection& connection, TransferQueue& queue, AccountPorts& accounts,
                     JobId id)
    : BusObject(connection, job_path(id)), queue_(queue), accounts_(accounts), id_(id) {}

void JobObject::announce() { emitInterfacesAddedSignal({kJobInterface}); }
void JobObject::withdraw() { emitInterfacesRemovedSignal({kJobInterface}); }
void JobObject::tell_changed(const std::vector<std::string>& names) {
  emitPropertiesChangedSignal(kJobInterface, names);
}

void JobObject::Accept(sdbus::Result<>&& call, VariantMap options) {
  respond(std::move(call), [&](Reply<>& reply) {
    auto accept = read_accept_options(options);
    queue_.accept(id_, std::move(accept), reply.then([](Reply<>& owed, xmppftd::Result<void> done) {
      if (done) return owed.give();
      // The folder was named by a URI, so a missing one is a bad URI to the caller.
      if (done.error().code == Errc::FileMissing) done.error().code = Errc::BadUri;
      owed.fail(done.error());
    }));
  });
}

void JobObject::Decline(sdbus::Result<>&& call, VariantMap options) {
  respond(std::move(call), [&](Reply<>& reply) {
    Options(options).finish("");
    queue_.act(kDecline, id_, answering(reply));
  });
}

void JobObject::Cancel(sdbus::Result<>&& call) {
  respond(std::move(call), [&](Reply<>& reply) { queue_.act(kCancel, id_, answering(reply)); });
}

void JobObject::Remove(sdbus::Result<>&& call) {
  respond(std::move(call), [&](Reply<>& reply) { queue_.act(kRemove, id_, answering(reply)); });
}

sdbus::Variant JobObject::field(std::string_view name) const {
  const auto* record = queue_.find(id_);
  if (record == nullptr)
    throw to_bus_error({Errc::NoSuchJob, "job " + std::to_string(id_) + " was removed"});
  return job_field(name, JobView{*record, queue_.progress(id_)},
                   accounts_.find(record->account) != nullptr);
}

}  // namespace xmppftd
