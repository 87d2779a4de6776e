#include <flowkit/io/file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace flowkit {
namespace {

/// Takes a name that nothing has, by something empty that a rename may replace.
bool claim(const std::string& name, bool folder) {
  if (folder) return ::mkdir(name.c_str(), 0777) == 0;
  return static_cast<bool>(
      detail::file_handle(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)));
}

[[noreturn]] void refuse_rename(const std::string& from, const std::string& to) {
  if (errno == EEXIST || errno == ENOTEMPTY) throw file_error(to, "exists already");
  detail::throw_system_error(to, "cannot rename " + from + " to it");
}

}  // namespace

mapped_file::mapped_file(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a named pipe must fail below, not wait for a writer.
  const detail::file_handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) detail::throw_system_error(path, "cannot open for reading");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) detail::throw_system_error(path, "cannot inspect");
  if (!S_ISREG(status.st_mode)) throw file_error(path, "is not a regular file");

  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;  // an empty map is not allowed by the system
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) detail::throw_system_error(path, "cannot map into memory");
  bytes_ = {static_cast<const std::byte*>(start), size};
}

mapped_file::~mapped_file() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

namespace detail {

bool file_handle::reset() noexcept {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || ::close(descriptor) == 0;
}

void throw_system_error(const std::string& path, const std::string& action) {
  const int code = errno;
  throw file_error(path, action + ": " + std::generic_category().message(code));
}

void write_all(const file_handle& file, byte_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    // The system writes at most 2 GiB at once; smaller pieces also keep it interruptible.
    const auto piece = std::min(bytes.size(), std::size_t{1} << 30);
    const auto written = ::write(file.get(), bytes.data(), piece);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_system_error(path, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) refuse_rename(from, to);
  rename_to_claimed(from, to);
}

void rename_to_claimed(const std::string& from, const std::string& to) {
  struct stat status {};
  if (::lstat(from.c_str(), &status) != 0) refuse_rename(from, to);
  const bool folder = S_ISDIR(status.st_mode);
  if (!claim(to, folder)) refuse_rename(from, to);
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  const int reason = errno;
  (void)(folder ? ::rmdir(to.c_str()) : ::unlink(to.c_str()));
  errno = reason;
  refuse_rename(from, to);
}

void sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const file_handle handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle) throw_system_error(directory, "cannot open directory");
  // Some file systems refuse to sync a directory (EINVAL); there is nothing better to do on them.
  if (::fsync(handle.get()) != 0 && errno != EINVAL) {
    throw_system_error(directory, "cannot sync directory");
  }
}

}  // namespace detail
}  // namespace flowkit
