#include <flowkit/io/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace flowkit {
namespace {

constexpr std::size_t pending_limit = std::size_t{1} << 16;

// Unique among threads by the counter and among living processes by the id; a leftover of a dead
// process with the same id is skipped by O_EXCL and the next counter value.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return text(path, ".", static_cast<long long>(::getpid()), ".", counter.fetch_add(1), ".tmp");
}

}  // namespace

atomic_file::atomic_file(std::string path) : path_(std::move(path)) {
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts && !file_; ++attempt) {
    temporary_ = temporary_name(path_);
    // Mode 0666 lets the process's umask decide, as for any other file.
    file_ = detail::file_handle(
        ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file_ && errno != EEXIST) break;
  }
  if (!file_) detail::throw_system_error(path_, "cannot create a temporary file beside it");
}

atomic_file::~atomic_file() {
  if (!file_) return;
  file_.reset();
  ::unlink(temporary_.c_str());
}

void atomic_file::write(byte_view bytes) {
  if (bytes.size() < pending_limit) {
    pending_.append(detail::chars_of(bytes));
    if (pending_.size() >= pending_limit) flush();
    return;
  }
  flush();
  detail::write_all(file_, bytes, path_);
}

void atomic_file::flush() {
  detail::write_all(file_, detail::bytes_of(pending_), path_);
  pending_.clear();
}

void atomic_file::commit() {
  flush();
  if (::fsync(file_.get()) != 0) detail::throw_system_error(path_, "cannot make durable");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    detail::throw_system_error(path_, "cannot rename the temporary file to it");
  }
  file_.reset();
  detail::sync_directory_of(path_);
}

void write_text_file(const std::string& path, std::string_view text) {
  atomic_file file(path);
  file.write(text);
  file.commit();
}

}  // namespace flowkit
