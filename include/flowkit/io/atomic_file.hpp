// Writing a file so that nobody ever sees half of it: temporary file, fsync, rename.
#pragma once

#include <flowkit/io/bytes.hpp>
#include <flowkit/io/file.hpp>

#include <string>
#include <string_view>

namespace flowkit {

/// A file that appears under its name, complete, when `commit` returns, or not at all.
///
/// Bytes go to a temporary file in the same directory (a rename is atomic only inside one file
/// system). `commit` makes them durable, renames, and makes the rename durable. If the process dies
/// before, the old file is untouched and at most a file `.<name>.flowkit.<process>.<number>.tmp`
/// remains; if the object is destroyed before, the temporary file is removed.
class atomic_file {
 public:
  /// Creates the temporary file beside `path`. Throws file_error, e.g. if the directory is missing.
  explicit atomic_file(std::string path);
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file();

  /// Appends. Throws file_error, e.g. on a full disk. Small pieces are gathered in memory.
  void write(byte_view bytes);
  void write(std::string_view text) { write(detail::bytes_of(text)); }

  /// Replaces `path` by what was written. Blocks until the disk has it. May be called once.
  void commit();
  /// As commit, but nothing is replaced: throws file_error if `path` exists, also if another
  /// process made it meanwhile.
  void commit_new();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void flush();
  void make_durable();
  void finish();

  std::string path_;
  std::string temporary_;
  detail::file_handle file_;
  std::string pending_;
};

/// Removes what was left in a directory and below it under a name of `detail::temporary_name`
/// because its process died. What living processes own or has another name stays. Nothing happens
/// if there is no such directory. Throws file_error.
void remove_stale_temporaries(const std::string& directory);

/// Writes `text` to `path` through an atomic_file.
void write_text_file(const std::string& path, std::string_view text);

namespace detail {

/// Where to prepare what shall appear as `path`: ".<name>.flowkit.<process>.<number>.tmp" beside
/// it, which nobody else calls a file. Every call gives another number.
[[nodiscard]] std::string temporary_name(const std::string& path);

}  // namespace detail
}  // namespace flowkit
