#include <app/run_lock.hpp>

#include <flowkit/core/error.hpp>
#include <flowkit/core/text.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <set>

namespace flowkit::app {
namespace {

/// Whether there is such a process, maybe of another user.
bool lives(pid_t process) { return process > 0 && (::kill(process, 0) == 0 || errno == EPERM); }

/// " (pid 12)" as the file of its owner says. Nothing if that one has ended: an owner that may only
/// read the file could not replace the number of the last one.
std::string owner_of(int file) {
  std::array<char, 24> digits{};
  const ssize_t count = std::max<ssize_t>(::pread(file, digits.data(), digits.size(), 0), 0);
  pid_t process = 0;
  (void)std::from_chars(digits.data(), digits.data() + count, process);
  return lives(process) ? text(" (pid ", process, ")") : std::string();
}

/// Opens a lock, or makes it for all who may write here, as their umask decides; a file that one
/// may only read locks, too. Negative if there is none.
int open_lock(const std::string& path) {
  // Through a link the number of this process would go into a file of somebody else. A pipe of this
  // name would wait for its other end.
  constexpr int common = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | common, 0666);
  if (file < 0 && errno == EACCES) file = ::open(path.c_str(), O_RDONLY | common);
  if (file < 0 && errno == ELOOP) {
    throw file_error(path,
                     "is a symbolic link, and a run is never locked through one: remove the link");
  }
  return file;
}

/// Whether a file is empty or holds the number of a process, as locks do.
bool looks_like_lock(int file) {
  std::array<char, 24> content{};
  const ssize_t count = ::pread(file, content.data(), content.size(), 0);
  if (count < 0 || count == static_cast<ssize_t>(content.size())) return false;
  return std::all_of(content.data(), content.data() + count,
                     [](char c) { return (c >= '0' && c <= '9') || c == '\n'; });
}

}  // namespace

void lock_run(const std::string& folder) {
  static std::set<std::string> held;
  std::error_code failure;
  const std::string known = std::filesystem::weakly_canonical(folder, failure).string();
  if (held.contains(known)) return;
  const std::string path = folder + "/.lock";
  const int file = open_lock(path);
  if (file < 0) return;  // whoever writes next says why
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const bool taken = errno == EWOULDBLOCK;
    const std::string owner = owner_of(file);
    ::close(file);
    if (!taken) return;  // a file system without locks
    throw invalid_input(text(folder, " is in use by another flowkit", owner,
                             ": wait until it ends, or give another --run"));
  }
  // The file stays open, and the lock with it, until the process ends. It counts without the number
  // of its owner, too, which a full disk may refuse, or which would replace what somebody else
  // wrote.
  held.insert(known);
  if (!looks_like_lock(file)) return;
  const std::string own = text(::getpid());
  if (::ftruncate(file, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file, own.data(), own.size(), 0);
  }
}

}  // namespace flowkit::app
