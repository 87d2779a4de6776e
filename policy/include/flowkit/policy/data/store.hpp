// Where the files of a zarr array lie: a directory or a zip archive, behind one interface.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/io/bytes.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Bytes together with whatever keeps them alive: a map of a file, an archive, or memory.
struct blob {
  byte_view bytes;
  std::shared_ptr<const void> owner;
};

/// Most bytes of a JSON document of a data set.
inline constexpr index_t document_bytes_limit = index_t{16} << 20;

/// Read-only files by key, such as "data/img/0.0.0.0". Keys are made by this library from checked
/// names, never taken from a file. Reading is const and safe from several threads.
class byte_store {
 public:
  explicit byte_store(std::string source) : source_(std::move(source)) {}
  byte_store(const byte_store&) = delete;
  byte_store& operator=(const byte_store&) = delete;
  virtual ~byte_store() = default;

  /// Path of the directory or archive, for messages.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }
  /// The bytes of a file, or nothing if there is none. Uncompressed files of 64 KiB or more are
  /// mapped, not copied. Throws file_error if there is one that cannot be read, or that has more
  /// than `limit` bytes: a small archive may declare entries that fill the memory.
  [[nodiscard]] virtual std::optional<blob> read(const std::string& key, index_t limit) const = 0;
  /// Whether there is such a file. Throws file_error if that cannot be told, and for a symbolic
  /// link that leads nowhere: its file was moved or never fetched, which is not the same as absent.
  [[nodiscard]] virtual bool contains(const std::string& key) const = 0;
  /// Names directly below a folder such as "data", sorted; empty if it does not exist. Throws
  /// file_error if it cannot be listed.
  [[nodiscard]] virtual std::vector<std::string> children(const std::string& folder) const = 0;

 private:
  std::string source_;
};

/// The files of a directory. Throws file_error if it is none.
[[nodiscard]] std::shared_ptr<const byte_store> open_directory(const std::string& path);

/// The entries of a zip archive below `prefix` ("" or a folder with a slash at its end). The store
/// keeps `archive.owner`. Throws file_error if the archive is damaged.
[[nodiscard]] std::shared_ptr<const byte_store> open_archive(const blob& archive,
                                                             const std::string& source,
                                                             const std::string& prefix = {});

/// A file, mapped, or copied where it is smaller than 64 KiB. Throws file_error.
[[nodiscard]] blob map_file(const std::string& path);

}  // namespace flowkit::policy
