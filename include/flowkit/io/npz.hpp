// NumPy .npz files: a zip archive of named .npy arrays.
#pragma once

#include <flowkit/io/array.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/io/zip.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit {

/// Reads all arrays of an archive in memory, by name without ".npy". Throws file_error with
/// `source` as the path. Allocates.
[[nodiscard]] std::map<std::string, array> parse_npz(byte_view archive, const std::string& source);

/// Reads all arrays of a .npz file. Throws file_error.
[[nodiscard]] std::map<std::string, array> read_npz(const std::string& path);

/// A .npz file opened for reading single arrays. Opening reads only the directory.
class npz_file {
 public:
  /// Throws file_error if the file is not a zip archive of .npy entries.
  explicit npz_file(const std::string& path);

  /// Names without ".npy", in the order of the archive.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;
  /// Reads one array; checksum, size and header are checked now. Throws file_error. Allocates.
  [[nodiscard]] array read(std::string_view name) const;

 private:
  mapped_file file_;
  zip_reader archive_;
};

/// Whether the entries of an archive are compressed.
enum class npz_compression { none, deflate };

/// Replaces `path` atomically by an archive of these arrays. Throws invalid_input for names that
/// are duplicate, empty or not UTF-8, file_error if writing fails.
void write_npz(const std::string& path, std::span<const named_array_view> arrays,
               npz_compression compression = npz_compression::none);

}  // namespace flowkit
