// SPDX-License-Identifier: MIT
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace xmppftd {

/// An object on the bus behind which nothing can be thrown. What a method, getter or setter throws
/// is answered as an error whose text D-Bus can carry (sdbus-c++ catches no other exception, and an
/// error text that sd-bus refuses is no reply at all). A signal that cannot be sent is logged and
/// lost: clients list again, the daemon lives.
class GuardedObject final : public sdbus::IObject {
 public:
  explicit GuardedObject(std::unique_ptr<sdbus::IObject> object) : object_(std::move(object)) {}

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

  /// Sends a signal; a failure is logged.
  void tell(const std::function<void()>& emit) const noexcept;

 private:
  std::unique_ptr<sdbus::IObject> object_;
};

/// Owns the object that the generated adaptors beside it register with.
class GuardedObjectHolder {
 protected:
  GuardedObjectHolder(sdbus::IConnection& connection, std::string path)
      : object_(sdbus::createObject(connection, std::move(path))) {}
  GuardedObject& object() noexcept { return object_; }

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
