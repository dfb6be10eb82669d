// SPDX-License-Identifier: MIT
#include "bus/guarded_object.h"

#include "base/log.h"
#include "bus/errors.h"

namespace xmppftd {
namespace {

/// What `body` throws becomes an error that can be sent.
template <class... Args, class F>
std::function<void(Args...)> guarded(F body) {
  if (!body) return {};  // a property that cannot be set
  return [body = std::move(body)](Args... args) {
    try {
      body(std::forward<Args>(args)...);
    } catch (const sdbus::Error& problem) {
      throw sendable(problem);
    } catch (const std::exception& problem) {
      throw sendable(to_bus_error({Errc::Internal, problem.what()}));
    }
  };
}

}  // namespace

void GuardedObject::registerMethod(const std::string& interface, std::string name, std::string in,
                                   std::string out, sdbus::method_callback callback,
                                   sdbus::Flags flags) {
  object_->registerMethod(interface, std::move(name), std::move(in), std::move(out),
                          guarded<sdbus::MethodCall>(std::move(callback)), flags);
}
void GuardedObject::registerMethod(const std::string& interface, std::string name, std::string in,
                                   const std::vector<std::string>& in_names, std::string out,
                                   const std::vector<std::string>& out_names,
                                   sdbus::method_callback callback, sdbus::Flags flags) {
  object_->registerMethod(interface, std::move(name), std::move(in), in_names, std::move(out),
                          out_names, guarded<sdbus::MethodCall>(std::move(callback)), flags);
}
void GuardedObject::registerSignal(const std::string& interface, std::string name,
                                   std::string signature, sdbus::Flags flags) {
  object_->registerSignal(interface, std::move(name), std::move(signature), flags);
}
void GuardedObject::registerSignal(const std::string& interface, std::string name,
                                   std::string signature, const std::vector<std::string>& names,
                                   sdbus::Flags flags) {
  object_->registerSignal(interface, std::move(name), std::move(signature), names, flags);
}
void GuardedObject::registerProperty(const std::string& interface, std::string name,
                                     std::string signature, sdbus::property_get_callback get,
                                     sdbus::Flags flags) {
  object_->registerProperty(interface, std::move(name), std::move(signature),
                            guarded<sdbus::PropertyGetReply&>(std::move(get)), flags);
}
void GuardedObject::registerProperty(const std::string& interface, std::string name,
                                     std::string signature, sdbus::property_get_callback get,
                                     sdbus::property_set_callback set, sdbus::Flags flags) {
  object_->registerProperty(interface, std::move(name), std::move(signature),
                            guarded<sdbus::PropertyGetReply&>(std::move(get)),
                            guarded<sdbus::PropertySetCall&>(std::move(set)), flags);
}
void GuardedObject::setInterfaceFlags(const std::string& interface, sdbus::Flags flags) {
  object_->setInterfaceFlags(interface, flags);
}
void GuardedObject::finishRegistration() { object_->finishRegistration(); }
void GuardedObject::unregister() { object_->unregister(); }

sdbus::Signal GuardedObject::createSignal(const std::string& interface, const std::string& name) {
  return object_->createSignal(interface, name);
}
void GuardedObject::emitSignal(const sdbus::Signal& message) {
  tell([&] { object_->emitSignal(message); });
}
void GuardedObject::emitPropertiesChangedSignal(const std::string& interface,
                                                const std::vector<std::string>& names) {
  tell([&] { object_->emitPropertiesChangedSignal(interface, names); });
}
void GuardedObject::emitPropertiesChangedSignal(const std::string& interface) {
  tell([&] { object_->emitPropertiesChangedSignal(interface); });
}
void GuardedObject::emitInterfacesAddedSignal() {
  tell([&] { object_->emitInterfacesAddedSignal(); });
}
void GuardedObject::emitInterfacesAddedSignal(const std::vector<std::string>& interfaces) {
  tell([&] { object_->emitInterfacesAddedSignal(interfaces); });
}
void GuardedObject::emitInterfacesRemovedSignal() {
  tell([&] { object_->emitInterfacesRemovedSignal(); });
}
void GuardedObject::emitInterfacesRemovedSignal(const std::vector<std::string>& interfaces) {
  tell([&] { object_->emitInterfacesRemovedSignal(interfaces); });
}

void GuardedObject::addObjectManager() { object_->addObjectManager(); }
void GuardedObject::removeObjectManager() { object_->removeObjectManager(); }
bool GuardedObject::hasObjectManager() const { return object_->hasObjectManager(); }
sdbus::IConnection& GuardedObject::getConnection() const { return object_->getConnection(); }
const std::string& GuardedObject::getObjectPath() const { return object_->getObjectPath(); }
const sdbus::Message* GuardedObject::getCurrentlyProcessedMessage() const {
  return object_->getCurrentlyProcessedMessage();
}

void GuardedObject::tell(const std::function<void()>& emit) const noexcept {
  try {
    emit();
  } catch (const std::exception& problem) {
    log::warning("bus", object_->getObjectPath() + ": a signal was not sent: " + problem.what());
  }
}

}  // namespace xmppftd
