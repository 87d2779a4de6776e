// A zarr array that grows along its first axis.
#pragma once

#include "data/file_sink.hpp"

#include <flowkit/policy/data/zarr.hpp>

namespace flowkit::policy::detail {

/// Encodes rows into chunks of whole rows. The last chunk is written although it is not full, and
/// again when rows follow. `append` writes chunks, `publish` the description that makes their rows
/// count, `accept` takes the rows over; before `accept`, another `append` starts at the same place.
class growing_array {
 public:
  /// An empty array `key` of rows of this type and shape; `chunk_bytes` bounds a chunk of several
  /// rows.
  growing_array(std::string key, const field_info& row, const compressor& how, index_t chunk_bytes);
  /// Continues an array after its first `rows` rows, which `stored` holds.
  growing_array(std::string key, const zarr_field& stored, index_t rows);

  [[nodiscard]] const field_info& row() const noexcept { return row_; }
  [[nodiscard]] index_t rows() const noexcept { return metadata_.shape.front(); }
  [[nodiscard]] index_t rows_per_chunk() const noexcept { return metadata_.chunks.front(); }

  /// Writes the chunks that these rows touch.
  void append(file_sink& sink, byte_view rows);
  /// Describes the array with the appended rows.
  void publish(file_sink& sink) const;
  /// The appended rows belong to the array from now on.
  void accept();

 private:
  void put_chunk(file_sink& sink, index_t number, byte_view rows) const;

  std::string key_;
  field_info row_;
  zarr_metadata metadata_;
  std::vector<std::byte> tail_;      ///< rows of the chunk that is not full
  std::vector<std::byte> new_tail_;  ///< the same with appended rows
  index_t appended_ = 0;
};

/// Bytes of a chunk of values per episode.
inline constexpr index_t ends_chunk_bytes = 8192;
/// The rows of meta/episode_ends.
[[nodiscard]] field_info ends_row();
/// The documents of the groups, and the attributes unless they are null.
void put_group(file_sink& sink, const json_value& attributes);

}  // namespace flowkit::policy::detail
