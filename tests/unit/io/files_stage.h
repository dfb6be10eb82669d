// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../data/temp_dir.h"
#include "../data/test_core.h"
#include "data/files.h"
#include "support/fake_disk.h"

namespace xmppftd::test {

/// One kind of Files with its disk; paths are within one folder of ours.
class FilesStage {
 public:
  /// The name shows where a check fails.
  explicit FilesStage(const char* name)
      : name_(Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
              << name) {}
  virtual ~FilesStage() = default;
  virtual Files& files() = 0;
  virtual void end() = 0;  ///< the Files
  virtual std::string folder() const = 0;
  std::string operator/(const std::string& name) const { return folder() + "/" + name; }
  virtual void write(const std::string& name, std::string_view content) = 0;
  /// Another program's file in the place of what had the name.
  virtual void put(const std::string& name, std::string_view content) = 0;
  virtual void link(const std::string& name, const std::string& other) = 0;
  virtual void remove(const std::string& name) = 0;
  virtual bool is_there(const std::string& name) = 0;
  /// The very same file?
  virtual bool holds(const std::string& name, const FileIdentity& identity) = 0;
  virtual std::vector<std::string> names() = 0;
  virtual void run_until(const std::function<bool()>& done) = 0;
  virtual void settle() = 0;

 private:
  const Catch::ScopedMessage name_;
};

class RealFiles final : public FilesStage {
 public:
  RealFiles() : FilesStage("ThreadedFiles") {}
  Files& files() override { return *files_; }
  void end() override { files_.reset(); }
  std::string folder() const override { return dir_.path(); }
  void write(const std::string& name, std::string_view content) override {
    write_file(dir_ / name, content);
  }
  void put(const std::string& name, std::string_view content) override {
    write_file(dir_ / (name + ".new"), content);
    std::filesystem::rename(dir_ / (name + ".new"), dir_ / name);
  }
  void link(const std::string& name, const std::string& other) override {
    std::filesystem::create_hard_link(dir_ / name, dir_ / other);
  }
  void remove(const std::string& name) override { std::filesystem::remove(dir_ / name); }
  bool is_there(const std::string& name) override { return exists(dir_ / name); }
  bool holds(const std::string& name, const FileIdentity& identity) override {
    struct stat status {};
    return ::lstat((dir_ / name).c_str(), &status) == 0 && status.st_ino == identity.inode;
  }
  std::vector<std::string> names() override {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path()))
      all.push_back(entry.path().filename());
    return all;
  }
  void run_until(const std::function<bool()>& done) override { core_.run_until(done); }
  void settle() override {
    if (!files_) return core_.run_pending();
    Outcome<bool> looked;
    files_->is_taken(folder(), "x", looked.callback());
    core_.run_until([&] { return looked.arrived(); });
  }

 private:
  const TempDir dir_;
  TestCore core_;
  std::unique_ptr<ThreadedFiles> files_ = std::make_unique<ThreadedFiles>(core_);
};

class DoubledFiles final : public FilesStage {
 public:
  DoubledFiles() : FilesStage("FakeFiles") {}
  Files& files() override { return *files_; }
  void end() override { files_.reset(); }
  std::string folder() const override { return "/in"; }
  void write(const std::string& name, std::string_view content) override {
    const auto found = disk_.names.find(*this / name);
    if (found == disk_.names.end()) return put(name, content);
    disk_.rewrite(found->second, std::string(content));
  }
  void put(const std::string& name, std::string_view content) override {
    disk_.add(*this / name, std::string(content));
  }
  void link(const std::string& name, const std::string& other) override {
    disk_.names[*this / other] = disk_.names.at(*this / name);
  }
  void remove(const std::string& name) override { disk_.names.erase(*this / name); }
  bool is_there(const std::string& name) override { return disk_.names.count(*this / name) != 0; }
  bool holds(const std::string& name, const FileIdentity& identity) override {
    return is_there(name) && disk_.names[*this / name] == identity.inode;
  }
  std::vector<std::string> names() override {
    std::vector<std::string> all;
    for (const auto& [path, inode] : disk_.names) all.push_back(path.substr(folder().size() + 1));
    return all;
  }
  void run_until(const std::function<bool()>& done) override {
    settle();
    REQUIRE(done());
  }
  void settle() override {
    while (turns_.run_one()) {
    }
  }

 private:
  Disk disk_;
  Turns turns_;
  Crash crash_;
  std::unique_ptr<FakeFiles> files_ = std::make_unique<FakeFiles>(disk_, turns_, crash_);
};

}  // namespace xmppftd::test
