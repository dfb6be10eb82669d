// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/caller.h"

namespace xmppftd {

/// An object on the bus, with a guard at its border:
/// - Nothing can be thrown behind it. What a method, getter or setter throws is answered as an
/// error
///   whose text D-Bus can carry (sdbus-c++ catches no other exception, and an error text that
///   sd-bus refuses is no reply at all). A signal that cannot be sent is logged and lost: clients
///   list again, the daemon lives.
/// - Each of them knows who asked: caller().
class GuardedObject final : public sdbus::IObject {
 public:
  explicit GuardedObject(std::unique_ptr<sdbus::IObject> object) : object_(std::move(object)) {}
  GuardedObject(const GuardedObject&) = delete;
  GuardedObject& operator=(const GuardedObject&) = delete;

  void registerMethod(const std::string& interface, std::string name, std::string in,
                      std::string out, sdbus::method_callback callback,
                      sdbus::Flags flags) override;
  void registerMethod(const std::string& interface, std::string name, std::string in,
                      const std::vector<std::string>& in_names, std::string out,
                      const std::vector<std::string>& out_names, sdbus::method_callback callback,
                      sdbus::Flags flags) override;
  void registerSignal(const std::string& interface, std::string name, std::string signature,
                      sdbus::Flags flags) override;
  void registerSignal(const std::string& interface, std::string name, std::string signature,
                      const std::vector<std::string>& names, sdbus::Flags flags) override;
  void registerProperty(const std::string& interface, std::string name, std::string signature,
                        sdbus::property_get_callback get, sdbus::Flags flags) override;
  void registerProperty(const std::string& interface, std::string name, std::string signature,
                        sdbus::property_get_callback get, sdbus::property_set_callback set,
                        sdbus::Flags flags) override;
  void setInterfaceFlags(const std::string& interface, sdbus::Flags flags) override;
  void finishRegistration() override;
  void unregister() override;

  sdbus::Signal createSignal(const std::string& interface, const std::string& name) override;
  void emitSignal(const sdbus::Signal& message) override;
  void emitPropertiesChangedSignal(const std::string& interface,
                                   const std::vector<std::string>& names) override;
  void emitPropertiesChangedSignal(const std::string& interface) override;
  void emitInterfacesAddedSignal() override;
  void emitInterfacesAddedSignal(const std::vector<std::string>& interfaces) override;
  void emitInterfacesRemovedSignal() override;
  void emitInterfacesRemovedSignal(const std::vector<std::string>& interfaces) override;

  void addObjectManager() override;
  void removeObjectManager() override;
  bool hasObjectManager() const override;
  sdbus::IConnection& getConnection() const override;
  const std::string& getObjectPath() const override;
  const sdbus::Message* getCurrentlyProcessedMessage() const override;

  /// Whose method, getter or setter this is: within one only, so keep a copy for what comes later.
  const Caller& caller() const noexcept { return caller_; }
  /// The reply of the method that is being called, to be written by hand and given to Reply.
  sdbus::MethodReply create_reply() const;
  /// Sends a signal; a failure is logged.
  void tell(const std::function<void()>& emit) noexcept;

 private:
  sdbus::method_callback guarded(sdbus::method_callback method);
  sdbus::property_get_callback guarded(sdbus::property_get_callback get);
  sdbus::property_set_callback guarded(sdbus::property_set_callback set);
  void serve(Caller caller, const std::function<void()>& body);

  std::unique_ptr<sdbus::IObject> object_;
  Caller caller_;
  bool telling_ = false;
};

/// Owns the object that the generated adaptors beside it register with.
class GuardedObjectHolder {
 protected:
  GuardedObjectHolder(sdbus::IConnection& connection, std::string path)
      : object_(sdbus::createObject(connection, std::move(path))) {}
  GuardedObject& object() noexcept { return object_; }
  const Caller& caller() const noexcept { return object_.caller(); }

 private:
  GuardedObject object_;
};

/// What sdbus::AdaptorInterfaces is, guarded: the object is on the bus for as long as it lives.
template <class... Adaptors>
class BusObject : protected GuardedObjectHolder, public Adaptors... {
 protected:
  BusObject(sdbus::IConnection& connection, std::string path)
      : GuardedObjectHolder(connection, std::move(path)), Adaptors(object())... {
    object().finishRegistration();
  }
  ~BusObject() = default;
};

}  // namespace xmppftd
