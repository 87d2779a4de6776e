// Arrays in zarr format 2: their description, and fields whose chunks are decoded one by one.
#pragma once

#include <flowkit/policy/data/compressor.hpp>
#include <flowkit/policy/data/field.hpp>
#include <flowkit/policy/data/store.hpp>

#include <bit>

namespace flowkit::policy {

/// In which order the elements of a chunk lie.
enum class chunk_order : std::uint8_t {
  c,       ///< last axis fastest
  fortran  ///< first axis fastest
};

/// What a .zarray document says (zarr storage specification, version 2).
struct zarr_metadata {
  dtype type = dtype::f32;
  std::endian endian = std::endian::little;
  array_shape shape;
  array_shape chunks;  ///< as long as the shape, every entry positive
  compressor compress;
  std::vector<std::byte> fill;  ///< one little-endian element: the value of chunks that are absent
  chunk_order order = chunk_order::c;
  char separator = '.';
};

/// Reads a .zarray document. Throws invalid_input for anything that this library cannot read
/// exactly: other versions, objects and strings, filters, unknown compressors, more than 2^62
/// bytes.
[[nodiscard]] zarr_metadata parse_zarray(std::string_view document);
/// The document, as Python's zarr writes it.
[[nodiscard]] std::string to_zarray(const zarr_metadata& metadata);

/// Name of a chunk: "3.0.0".
[[nodiscard]] std::string chunk_name(const zarr_metadata& metadata, const array_shape& index);

/// An array of a store as a field over its first axis. A block is all chunks of one position on
/// that axis. Chunks that hold raw little-endian values in C order are used where they lie.
class zarr_field final : public field_source {
 public:
  /// `key` is the folder of the array, e.g. "data/img". Throws file_error if there is no usable
  /// .zarray, or if a block would need more than `block_limit` bytes.
  zarr_field(std::shared_ptr<const byte_store> store, std::string key, index_t block_limit);

  [[nodiscard]] const field_info& info() const override { return info_; }
  [[nodiscard]] index_t frames() const override { return metadata_.shape.front(); }
  [[nodiscard]] index_t block_frames() const override { return metadata_.chunks.front(); }
  [[nodiscard]] frame_block load(index_t block) const override;

  [[nodiscard]] const zarr_metadata& metadata() const noexcept { return metadata_; }
  /// Chunks of a block that the store lacks, so that they read as the fill value.
  [[nodiscard]] index_t absent_chunks(index_t block) const;

 private:
  [[noreturn]] void fail(const std::string& file, const std::string& what) const;
  void describe(index_t block_limit);
  [[nodiscard]] std::string file_of(const array_shape& index) const;
  [[nodiscard]] bool frames_lie_in_chunks() const;
  [[nodiscard]] std::optional<blob> decode(const array_shape& index) const;
  [[nodiscard]] blob assemble(index_t block, index_t count) const;

  std::shared_ptr<const byte_store> store_;
  std::string key_;
  zarr_metadata metadata_;
  field_info info_;
  array_shape grid_;         ///< chunks along every axis
  index_t chunk_bytes_ = 0;  ///< decoded
};

}  // namespace flowkit::policy
