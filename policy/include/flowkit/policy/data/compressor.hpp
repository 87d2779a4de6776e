// How the chunks of a zarr array are compressed, under the names of numcodecs.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/data/store.hpp>

#include <cstdint>
#include <vector>

namespace flowkit::policy {

enum class compression : std::uint8_t { none, zlib, gzip, blosc };
/// Compressors inside Blosc.
enum class blosc_codec : std::uint8_t { blosclz, lz4, lz4hc, snappy, zlib, zstd };
/// What Blosc does with the bytes before: nothing, or gathers equal bytes or bits of all elements.
enum class blosc_shuffle : std::uint8_t { none, bytes, bits };

/// Compression of one array. The default suits images and states alike.
struct compressor {
  compression method = compression::blosc;
  int level = 5;  ///< 0 to 9
  blosc_codec codec = blosc_codec::zstd;
  blosc_shuffle shuffle = blosc_shuffle::bytes;

  friend bool operator==(const compressor&, const compressor&) = default;
};

/// The "compressor" member of .zarray: null or {"id": ...}. Throws invalid_input that names an
/// unknown compressor, and says what to do about it.
[[nodiscard]] compressor parse_compressor(const json_value& member);
[[nodiscard]] json_value to_json_value(const compressor& value);

/// Compresses one chunk of elements of `item_bytes`. Throws invalid_input. Allocates.
[[nodiscard]] std::vector<std::byte> compress(const compressor& how, byte_view chunk,
                                              index_t item_bytes);

/// Decompresses a chunk that must have exactly `size` bytes; without compression it is returned in
/// place. No more memory is reserved than the compressed bytes can account for (1032 : 1 for
/// deflate, 65536 : 1 for Blosc). Throws invalid_input for damaged or lying chunks. Allocates.
[[nodiscard]] blob decompress(const compressor& how, const blob& packed, index_t size);

}  // namespace flowkit::policy
