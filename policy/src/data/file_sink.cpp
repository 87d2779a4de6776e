#include "data/file_sink.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace flowkit::policy::detail {
namespace {

namespace fs = std::filesystem;

void make_folder_of(const std::string& file) {
  std::error_code failure;
  fs::create_directories(fs::path(file).parent_path(), failure);
  if (failure) throw file_error(file, "cannot create its folder: " + failure.message());
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

void atomic_directory::put(const std::string& key, byte_view content) {
  const std::string file = path_ + "/" + key;
  make_folder_of(file);
  atomic_file out(file);
  out.write(content);
  out.commit();
}

new_directory::new_directory(std::string path) : path_(without_slash(std::move(path))) {
  std::error_code ignored;
  if (fs::exists(path_, ignored)) throw file_error(path_, "exists already");
  std::error_code failure;
  constexpr int attempts = 100;  // a dead process may have left the first names
  bool made = false;
  for (int attempt = 0; attempt < attempts && !made && !failure; ++attempt) {
    temporary_ = flowkit::detail::temporary_name(path_);
    made = fs::create_directory(temporary_, failure);
  }
  if (!made) {
    throw file_error(path_, "cannot create " + temporary_ + " beside it" +
                                (failure ? ": " + failure.message() : std::string()));
  }
}

new_directory::~new_directory() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void new_directory::put(const std::string& key, byte_view content) {
  const std::string name = temporary_ + "/" + key;
  make_folder_of(name);
  flowkit::detail::file_handle file(
      ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) flowkit::detail::throw_system_error(name, "cannot create");
  flowkit::detail::write_all(file, content, name);
  if (!file.reset()) flowkit::detail::throw_system_error(name, "cannot write");
}

void new_directory::commit() {
  {
    const flowkit::detail::file_handle folder(
        ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // One call for thousands of files.
    if (!folder || ::syncfs(folder.get()) != 0) {
      flowkit::detail::throw_system_error(temporary_, "cannot make durable");
    }
  }
  flowkit::detail::rename_to_new(temporary_, path_);
  temporary_.clear();
  flowkit::detail::sync_directory_of(path_);
}

void archive_sink::put(const std::string& key, byte_view content) {
  zip_.add(key, {content}, zip_method::stored);
}

void archive_sink::commit() {
  zip_.finish();
  file_.commit_new();
}

}  // namespace flowkit::policy::detail
