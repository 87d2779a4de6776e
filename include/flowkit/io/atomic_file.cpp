#include <flowkit/io/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <vector>

namespace flowkit {
namespace {

constexpr std::size_t pending_limit = std::size_t{1} << 16;

// The parts by which names of temporary files are told from those that others give.
constexpr std::string_view temporary_mark = ".flowkit";
constexpr std::string_view temporary_end = ".tmp";

/// Takes ".<number>" off the end of a name; -1 if it does not end so.
long long take_number(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return -1;
  long long number = -1;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + dot + 1, end, number);
  if (read.ec != std::errc{} || read.ptr != end) return -1;
  name = name.substr(0, dot);
  return number;
}

/// Whether detail::temporary_name gave this name in a process that is dead.
bool is_stale(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(temporary_end)) return false;
  name.remove_suffix(temporary_end.size());
  if (take_number(name) < 0) return false;
  const long long process = take_number(name);
  return name.ends_with(temporary_mark) && process > 0 &&
         ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

}  // namespace

atomic_file::atomic_file(std::string path) : path_(std::move(path)) {
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts && !file_; ++attempt) {
    temporary_ = detail::temporary_name(path_);
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

void atomic_file::make_durable() {
  flush();
  if (::fsync(file_.get()) != 0) detail::throw_system_error(path_, "cannot make durable");
}

void atomic_file::finish() {
  file_.reset();
  detail::sync_directory_of(path_);
}

void atomic_file::commit() {
  make_durable();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    detail::throw_system_error(path_, "cannot rename the temporary file to it");
  }
  finish();
}

void atomic_file::commit_new() {
  make_durable();
  detail::rename_to_new(temporary_, path_);
  finish();
}

void remove_stale_temporaries(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (!fs::is_directory(directory, failure)) return;
  std::vector<fs::path> stale;
  fs::recursive_directory_iterator at(directory, failure);
  for (; !failure && at != fs::recursive_directory_iterator{}; at.increment(failure)) {
    if (is_stale(at->path().filename().string())) stale.push_back(at->path());
  }
  for (std::size_t i = 0; !failure && i < stale.size(); ++i) fs::remove_all(stale[i], failure);
  if (failure) {
    throw file_error(directory,
                     "leftovers of killed writers cannot be removed: " + failure.message());
  }
}

void write_text_file(const std::string& path, std::string_view text) {
  atomic_file file(path);
  file.write(text);
  file.commit();
}

// Unique among threads by the counter and among living processes by the id; a leftover of a dead
// process with the same id is skipped by those who create it, with the next counter value.
std::string detail::temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path whole(path);
  const std::string name =
      text(".", whole.filename().string(), temporary_mark, ".", static_cast<long long>(::getpid()),
           ".", counter.fetch_add(1), temporary_end);
  return (whole.parent_path() / name).string();
}

}  // namespace flowkit
