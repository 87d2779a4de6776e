#include "data/growing_array.hpp"

#include "data/elements.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

// Chunks of small rows stay small, because the last one is rewritten with every episode.
constexpr index_t chunk_rows_limit = 1024;

zarr_metadata describe(const field_info& row, const compressor& how, index_t chunk_bytes) {
  zarr_metadata out;
  out.type = row.type;
  out.compress = how;
  out.fill = element_bytes(row.type, std::int64_t{0});
  out.shape = row.frame;
  out.shape.insert(out.shape.begin(), 0);
  out.chunks = row.frame;
  const index_t rows = std::clamp<index_t>(chunk_bytes / row.frame_bytes(), 1, chunk_rows_limit);
  out.chunks.insert(out.chunks.begin(), rows);
  return out;
}

}  // namespace

growing_array::growing_array(std::string key, const field_info& row, const compressor& how,
                             index_t chunk_bytes)
    : key_(std::move(key)), row_(row), metadata_(describe(row, how, chunk_bytes)) {}

growing_array::growing_array(std::string key, const zarr_field& stored, index_t rows)
    : key_(std::move(key)), row_(stored.info()), metadata_(stored.metadata()) {
  const index_t rows_per_chunk = metadata_.chunks.front();
  const bool plain =
      metadata_.endian == std::endian::little && metadata_.order == chunk_order::c &&
      std::equal(metadata_.chunks.begin() + 1, metadata_.chunks.end(), metadata_.shape.begin() + 1);
  FLOWKIT_VALIDATE(plain && rows <= stored.frames(), "array ", key_,
                   " was not written by this library and cannot be continued; convert it first");
  metadata_.shape.front() = rows;
  if (const index_t kept = rows % rows_per_chunk; kept > 0) {
    const frame_block last = stored.load(rows / rows_per_chunk);
    const byte_view bytes = last.bytes.first(static_cast<std::size_t>(kept * row_.frame_bytes()));
    tail_.assign(bytes.begin(), bytes.end());
  }
}

void growing_array::append(file_sink& sink, byte_view rows) {
  const auto row_bytes = static_cast<std::size_t>(row_.frame_bytes());
  const auto chunk_bytes = static_cast<std::size_t>(metadata_.chunks.front()) * row_bytes;
  FLOWKIT_EXPECT(rows.size() % row_bytes == 0);
  appended_ = static_cast<index_t>(rows.size() / row_bytes);
  new_tail_ = tail_;
  index_t number = metadata_.shape.front() / metadata_.chunks.front();
  while (!rows.empty()) {
    const std::size_t taken = std::min(chunk_bytes - new_tail_.size(), rows.size());
    const byte_view piece = rows.first(taken);
    new_tail_.insert(new_tail_.end(), piece.begin(), piece.end());
    rows = rows.subspan(taken);
    put_chunk(sink, number, new_tail_);
    if (new_tail_.size() < chunk_bytes) break;
    ++number;
    new_tail_.clear();
  }
}

void growing_array::put_chunk(file_sink& sink, index_t number, byte_view rows) const {
  std::vector<std::byte> chunk(rows.begin(), rows.end());
  chunk.resize(static_cast<std::size_t>(*byte_count(metadata_.type, metadata_.chunks)));
  array_shape index(metadata_.shape.size());
  index[0] = number;
  sink.put(key_ + "/" + chunk_name(metadata_, index),
           compress(metadata_.compress, chunk, item_size(metadata_.type)));
}

void growing_array::publish(file_sink& sink) const {
  zarr_metadata grown = metadata_;
  grown.shape.front() += appended_;
  sink.put_text(key_ + "/.zarray", to_zarray(grown));
}

void growing_array::accept() {
  metadata_.shape.front() += std::exchange(appended_, 0);
  tail_ = std::move(new_tail_);
  new_tail_.clear();
}

field_info ends_row() { return {"episode_ends", dtype::i64, {}}; }

void put_group(file_sink& sink, const json_value& attributes) {
  for (const char* folder : {"", "data/", "meta/"}) {
    sink.put_text(std::string(folder) + ".zgroup", "{\n    \"zarr_format\": 2\n}");
  }
  if (!attributes.is_null()) sink.put_text(".zattrs", to_json(attributes, json_style::indented));
}

}  // namespace flowkit::policy::detail
