// Files of the operating system: owned descriptors and read-only memory maps.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/io/bytes.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace flowkit {

/// A regular file mapped for reading. Pages are loaded when they are touched, so opening a file of
/// any size is cheap and reading one tensor reads only that tensor.
///
/// The bytes live as long as this object. Files written by flowkit are replaced by renaming and
/// never change under a map; if another program truncates a mapped file, the system ends the
/// process that reads past the new end (SIGBUS).
class mapped_file {
 public:
  /// Throws file_error if `path` cannot be opened or is not a regular file.
  explicit mapped_file(const std::string& path);
  mapped_file(mapped_file&& other) noexcept
      : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}
  mapped_file& operator=(mapped_file other) noexcept {
    std::swap(path_, other.path_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapped_file();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] byte_view bytes() const noexcept { return bytes_; }

 private:
  std::string path_;
  byte_view bytes_;
};

namespace detail {

/// Owner of a file descriptor.
class file_handle {
 public:
  explicit file_handle(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  file_handle(file_handle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  file_handle& operator=(file_handle other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~file_handle() { reset(); }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] explicit operator bool() const noexcept { return descriptor_ >= 0; }
  /// Closes; returns whether the system accepted it (delayed write errors surface here).
  bool reset() noexcept;

 private:
  int descriptor_;
};

/// Throws file_error with `action` and the text of the current errno.
[[noreturn]] void throw_system_error(const std::string& path, const std::string& action);

/// Writes all bytes; retries after interruption and after partial writes.
void write_all(const file_handle& file, byte_view bytes, const std::string& path);

/// Renames a file or directory to a name that nothing has, also if another process takes the name
/// at the same moment. Throws file_error if something has it.
void rename_to_new(const std::string& from, const std::string& to);
/// The same for file systems that cannot rename without replacing: an empty file or directory takes
/// the name first. A process that is killed in between leaves that.
void rename_to_claimed(const std::string& from, const std::string& to);

/// Makes the directory entry of `path` durable.
void sync_directory_of(const std::string& path);

}  // namespace detail
}  // namespace flowkit
