// Safetensors files: named arrays and text metadata, memory-mapped for reading.
#pragma once

#include <flowkit/io/array.hpp>
#include <flowkit/io/file.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit {

/// Free text of a safetensors file, by key.
using safetensors_metadata = std::map<std::string, std::string>;

/// What the header of a safetensors file says, checked. The arrays refer to the bytes that were
/// parsed, in the order of their offsets.
struct safetensors_contents {
  std::vector<named_array_view> tensors;
  safetensors_metadata metadata;
  std::optional<std::uint32_t> checksum;  ///< of the data; only our own files have one
};

/// Reads the header: u64 length, JSON object, data (huggingface/safetensors, "Format").
///
/// Nothing in `bytes` is trusted: the length must lie within the bytes and below 100 MB, the JSON
/// be UTF-8 without duplicate keys, every shape fit its offsets, and the tensors cover the data
/// without gap or overlap. Throws file_error with `source` as the path. Copies no tensor.
[[nodiscard]] safetensors_contents parse_safetensors(byte_view bytes, const std::string& source);

/// Reads all data and throws file_error with `source` as the path if they have another checksum
/// than the file says: a disk or a copy changed them. Files of others have none and pass.
void verify_checksum(const safetensors_contents& contents, const std::string& source);

/// A safetensors file opened for reading. Opening reads only the header; the values of a tensor are
/// read from the disk when they are touched.
class safetensors_file {
 public:
  /// Throws file_error if the file cannot be read or its header is not valid.
  explicit safetensors_file(const std::string& path);

  /// All tensors, in the order of their offsets. What this and the next functions return lives as
  /// long as this object, so they do not exist for a temporary.
  [[nodiscard]] std::span<const named_array_view> tensors() const& noexcept {
    return contents_.tensors;
  }
  void tensors() const&& = delete;
  [[nodiscard]] const safetensors_metadata& metadata() const& noexcept {
    return contents_.metadata;
  }
  void metadata() const&& = delete;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;
  /// The tensor of that name. Throws file_error if there is none.
  [[nodiscard]] const array_view& tensor(std::string_view name) const&;
  void tensor(std::string_view name) const&& = delete;
  /// The metadata entry of that key. Throws file_error if there is none.
  [[nodiscard]] const std::string& metadata(const std::string& key) const&;
  void metadata(const std::string& key) const&& = delete;
  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  /// As the function `verify_checksum`.
  void verify() const { verify_checksum(contents_, path()); }

 private:
  [[nodiscard]] const named_array_view* find(std::string_view name) const noexcept;

  mapped_file file_;
  safetensors_contents contents_;
  std::vector<std::size_t> by_name_;  // indices into contents_.tensors, sorted by name
};

/// Replaces `path` atomically by a file with these tensors. The data streams from the views, so the
/// file is never held in memory.
///
/// Tensors are stored by descending element size (otherwise in the given order): together with a
/// header padded to a multiple of 8 bytes this aligns every value. The metadata entry
/// "flowkit.crc32" takes a checksum of names and data, for which these are read once more. Throws
/// invalid_input for duplicate or reserved names and keys, for names and metadata that are not
/// UTF-8 and for a header that `parse_safetensors` would refuse; file_error if writing fails.
void write_safetensors(const std::string& path, std::span<const named_array_view> tensors,
                       const safetensors_metadata& metadata = {});

}  // namespace flowkit
