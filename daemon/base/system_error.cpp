// SPDX-License-Identifier: MIT
#include "base/system_error.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace xmppftd {
namespace {

constexpr std::string_view kTheDisk = "check the disk (dmesg)";
constexpr std::string_view kOtherFolder =
    "the file system cannot do that; choose a folder on another one";
constexpr std::string_view kDeviceGone = "the device is gone; connect and mount it again";
constexpr std::string_view kFileServer =
    "the file server does not answer; see that it runs and the network is up";
constexpr std::string_view kMountAgain = "the file system is gone from here; mount it again";
constexpr std::string_view kLocked = "the folder is encrypted and locked; unlock it";
constexpr std::string_view kInUse = "another program is using it; end that one, or wait";
constexpr std::string_view kReport =
    "this should not happen; try again, and report it if it comes back";

}  // namespace

Trouble trouble_of(int error_number) noexcept {
  switch (error_number) {
    // Whoever runs xmppftd can mend these
    case EACCES:
    case EPERM:
      return {Errc::Unreadable,
              "give the user that runs xmppftd the right to it, or choose another place"};
    case EROFS:
      return {Errc::Unreadable,
              "the file system is mounted read-only; mount it read-write, or choose another place"};
    case ENOKEY:
    case EKEYEXPIRED:
    case EKEYREVOKED:
    case EKEYREJECTED: return {Errc::Unreadable, kLocked};
    case ENOENT: return {Errc::FileMissing, "check the name"};
    case ENOTDIR: return {Errc::FileMissing, "a part of the path is no folder; check the name"};
    case ENAMETOOLONG: return {Errc::FileMissing, "no name can be that long; choose a shorter one"};
    case EISDIR: return {Errc::NotRegularFile, "this is a folder; name a file"};
    case ELOOP:
      return {Errc::NotRegularFile,
              "symbolic links lead nowhere, or are not followed here; name what they point to"};
    case EEXIST:
    case ENOTEMPTY: return {Errc::Exists, "remove what is there, or choose another name"};
    case ENOSPC:
      return {Errc::DiskFull,
              "free some space on that disk (df, and df -i for its number of files)"};
    case EDQUOT: return {Errc::DiskFull, "free some of your quota"};

    // These pass
    case EMFILE:
      return {Errc::Unavailable,
              "xmppftd may have no more files open; raise LimitNOFILE= in its unit, or ulimit -n"};
    case ENFILE:
      return {Errc::Unavailable,
              "this machine may have no more files open; end some programs, or raise fs.file-max"};
    case ENOMEM:
    case ENOBUFS:
    case ENOSR:
      return {Errc::Unavailable,
              "there is not enough memory; end some programs, or raise MemoryMax= where it is set"};
    case EINTR:
    case EAGAIN:
    case EDEADLK:
    case ENOLCK:
    case EUSERS: return {Errc::Unavailable, "this passes; try again in a while"};
    case EBUSY:
    case ETXTBSY: return {Errc::Unavailable, kInUse};
    case ESTALE:
      return {Errc::Unavailable, "the file server changed under it; mount it again if this lasts"};
    case ETIMEDOUT:
    case ETIME:
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOLINK:
    case ECOMM: return {Errc::Unavailable, kFileServer};

    // These stay as long as nobody does something
    case EIO:
    case EUCLEAN:
    case EBADMSG:
    case EREMOTEIO:
    case EHWPOISON: return {Errc::Io, kTheDisk};
    case ENXIO:
    case ENODEV:
    case ENOMEDIUM:
    case EMEDIUMTYPE: return {Errc::Io, kDeviceGone};
    case ENOTCONN:
    case ESHUTDOWN:
    case EPIPE: return {Errc::Io, kMountAgain};
    case EFBIG:
    case EOVERFLOW:
      return {Errc::Io,
              "the file system, or a limit (ulimit -f), allows no file that large; choose another "
              "folder"};
    case EMLINK: return {Errc::Io, "the folder holds as much as it can; choose another one"};
    case EILSEQ: return {Errc::Io, "the file system takes no such name; choose another name"};
    case EXDEV:
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
    case ESPIPE:
    case ENODATA: return {Errc::Io, kOtherFolder};
    default: return {Errc::Io, kReport};
  }
}

bool is_shortage(int error_number) noexcept {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSR: return true;
    default: return false;
  }
}

Error system_error(Errc code, int error_number, std::string_view what, std::string_view remedy) {
  const char* words = ::strerrordesc_np(error_number);
  std::string detail(what);
  if (!detail.empty()) detail += ": ";
  detail.append(words != nullptr ? words : "unknown error " + std::to_string(error_number));
  if (!remedy.empty()) detail.append("; ").append(remedy);
  return {code, std::move(detail)};
}

Error system_error(int error_number, std::string_view what) {
  const auto [code, remedy] = trouble_of(error_number);
  return system_error(code, error_number, what, remedy);
}

}  // namespace xmppftd
