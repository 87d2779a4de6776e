// Where the files of a zarr group are written to: a directory or a zip archive.
#pragma once

#include <flowkit/io/zip.hpp>
#include <flowkit/policy/data/store.hpp>

namespace flowkit::policy::detail {

/// Receives files by key, such as "data/img/0.0.0.0".
class file_sink {
 public:
  file_sink() = default;
  file_sink(const file_sink&) = delete;
  file_sink& operator=(const file_sink&) = delete;
  virtual ~file_sink() = default;

  virtual void put(const std::string& key, byte_view content) = 0;
  void put_text(const std::string& key, std::string_view content) {
    put(key, flowkit::detail::bytes_of(content));
  }
};

/// Replaces files of a directory atomically, one by one; folders are made when they are needed.
class atomic_directory final : public file_sink {
 public:
  explicit atomic_directory(std::string path) : path_(std::move(path)) {}
  void put(const std::string& key, byte_view content) override;

 private:
  std::string path_;
};

/// A new directory under a temporary name that is renamed when everything is in it. Files need no
/// care one by one, so this is much faster; an unfinished directory is removed.
class new_directory final : public file_sink {
 public:
  /// Throws file_error if `path` exists or cannot be created.
  explicit new_directory(std::string path);
  ~new_directory() override;
  void put(const std::string& key, byte_view content) override;
  /// Makes everything durable and renames.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
};

/// Entries of a new zip archive, stored: chunks are compressed already.
class archive_sink final : public file_sink {
 public:
  explicit archive_sink(const std::string& path) : file_(path), zip_(file_) {}
  void put(const std::string& key, byte_view content) override;
  /// Throws file_error if the archive exists by now.
  void commit();

 private:
  atomic_file file_;
  zip_writer zip_;
};

}  // namespace flowkit::policy::detail
