// Zip archives (stored and deflated entries, zip64), bounded against hostile files.
#pragma once

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/bytes.hpp>
#include <flowkit/io/zip_format.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit {

/// One file inside an archive.
struct zip_entry {
  std::string name;
  zip_method method = zip_method::stored;
  std::uint32_t checksum = 0;  ///< CRC-32 of the uncompressed bytes
  std::uint64_t size = 0;      ///< uncompressed, as declared
  byte_view content;           ///< as it lies in the archive
};

/// A zip archive in memory (usually mapped), which must outlive this object.
///
/// The constructor reads the directory and checks every entry: it lies inside the archive, overlaps
/// no other, is not encrypted, agrees with its local header, has a unique UTF-8 name, and declares
/// no more bytes than deflate can make of it (1032 : 1), so that a small file cannot ask for much
/// memory. Throws file_error with `source` as the path.
class zip_reader {
 public:
  zip_reader(byte_view archive, std::string source);

  [[nodiscard]] const std::vector<zip_entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const std::string& source() const noexcept { return source_; }

  /// The bytes of an entry of this archive, checked against its size and checksum. A stored entry
  /// is returned in place; a deflated one is inflated into `scratch`, which grows with what is
  /// really there and not with what is declared. Throws file_error.
  [[nodiscard]] byte_view read(const zip_entry& entry, std::vector<std::byte>& scratch) const;

 private:
  byte_view archive_;
  std::string source_;
  std::vector<zip_entry> entries_;
};

/// Writes an archive. Sizes and offsets are always 64 bits wide (zip64), so that one code path
/// serves archives of any size; all current readers understand it. Times are fixed to the first
/// instant of the format (1980), so that equal content gives equal files.
class zip_writer {
 public:
  /// `out` must outlive this object; nothing else may be written to it before `finish`.
  explicit zip_writer(atomic_file& out) : out_(out) {}

  /// Adds an entry whose content is the concatenation of `pieces`. A deflated entry is compressed
  /// in memory first (allocates its compressed size). Throws invalid_input for a name used before
  /// or one that is not UTF-8.
  void add(std::string_view name, std::initializer_list<byte_view> pieces, zip_method method);

  /// Writes the directory. Must be called once, last; the caller commits the file.
  void finish();

 private:
  struct record {
    std::string name;
    zip_method method;
    std::uint32_t checksum;
    std::uint64_t compressed;
    std::uint64_t size;
    std::uint64_t offset;
  };

  void put(std::string_view text);
  [[nodiscard]] static std::string directory_entry(const record& entry);

  atomic_file& out_;
  std::uint64_t offset_ = 0;
  std::vector<record> records_;
  std::set<std::string, std::less<>> names_;  ///< of the records
};

}  // namespace flowkit
