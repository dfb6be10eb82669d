// SPDX-License-Identifier: MIT
#include "bus/guarded_object.h"

#include <utility>

#include "base/log.h"
#include "bus/errors.h"

namespace xmppftd {

void GuardedObject::serve(Caller caller, const std::function<void()>& body) {
  // A method may tell of a change, and so ask getters, before it is over.
  const Caller outer = std::exchange(caller_, std::move(caller));
  try {
    body();
  } catch (...) {
    caller_ = outer;
    throw what_is_thrown();
  }
  caller_ = outer;
}

sdbus::method_callback GuardedObject::guarded(sdbus::method_callback method) {
  return [this, method = std::move(method)](sdbus::MethodCall call) {
    Caller caller{call.getSender()};
    serve(std::move(caller), [&] { method(std::move(call)); });
  };
}
sdbus::property_get_callback GuardedObject::guarded(sdbus::property_get_callback get) {
  if (!get) return {};
  return [this, get = std::move(get)](sdbus::PropertyGetReply& reply) {
    // A reply knows only where it goes, which is whence the call came; a signal goes to everybody.
    serve(telling_ ? Caller{} : Caller{reply.getDestination()}, [&] { get(reply); });
  };
}
sdbus::property_set_callback GuardedObject::guarded(sdbus::property_set_callback set) {
  if (!set) return {};  // a property that cannot be set
  return [this, set = std::move(set)](sdbus::PropertySetCall& call) {
    serve(Caller{call.getSender()}, [&] { set(call); });
  };
}

void GuardedObject::registerMethod(const std::string& interface, std::string name, std::string in,
                                   std::string out, sdbus::method_callback callback,
                                   sdbus::Flags flags) {
  object_->registerMethod(interface, std::move(name), std::move(in), std::move(out),
                          guarded(std::move(callback)), flags);
}
void GuardedObject::registerMethod(const std::string& interface, std::string name, std::string in,
                                   const std::vector<std::string>& in_names, std::string out,
                                   const std::vector<std::string>& out_names,
                                   sdbus::method_callback callback, sdbus::Flags flags) {
  object_->registerMethod(interface, std::move(name), std::move(in), in_names, std::move(out),
                          out_names, guarded(std::move(callback)), flags);
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
                            guarded(std::move(get)), flags);
}
void GuardedObject::registerProperty(const std::string& interface, std::string name,
                                     std::string signature, sdbus::property_get_callback get,
                                     sdbus::property_set_callback set, sdbus::Flags flags) {
  object_->registerProperty(interface, std::move(name), std::move(signature),
                            guarded(std::move(get)), guarded(std::move(set)), flags);
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

sdbus::MethodReply GuardedObject::create_reply() const {
  return static_cast<const sdbus::MethodCall*>(object_->getCurrentlyProcessedMessage())
      ->createReply();
}

void GuardedObject::tell(const std::function<void()>& emit) noexcept {
  const bool outer = std::exchange(telling_, true);
  try {
    emit();
  } catch (const std::exception& problem) {
    log::warning("bus", object_->getObjectPath() + ": a signal was not sent: " + problem.what());
  }
  telling_ = outer;
}

}  // namespace xmppftd
