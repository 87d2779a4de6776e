#include "data/elements.hpp"
#include "data/memory.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

// A chunk costs a look-up even when it is absent, so their number per block is bounded as well.
constexpr index_t chunks_per_block_limit = 65'536;

/// More than any compressor makes of a chunk: what cannot be compressed grows by far less.
index_t packed_limit(index_t chunk_bytes) { return 2 * chunk_bytes + (index_t{1} << 16); }

std::string field_name(const std::string& key) { return key.substr(key.rfind('/') + 1); }

/// Bytes from one element to the next along every axis.
array_shape strides_of(const array_shape& shape, index_t item, chunk_order order) {
  array_shape out(shape.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t axis = order == chunk_order::c ? out.size() - 1 - i : i;
    out[axis] = item;
    item *= shape[axis];
  }
  return out;
}

/// Copies the part of a chunk that lies inside a block to its place there.
struct box_copy {
  const std::byte* from;
  const array_shape& from_strides;
  std::byte* to;
  const array_shape& to_strides;
  index_t item;
  bool swap;

  /// `index` is the position of the chunk in the block, whose shape ends inside the last chunks.
  void run(const array_shape& shape, const array_shape& chunks, const array_shape& index) const {
    array_shape box(shape.size());
    index_t start = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const index_t first = index[axis] * chunks[axis];
      box[axis] = std::min(chunks[axis], shape[axis] - first);
      start += first * to_strides[axis];
    }
    copy(box, from, to + start, 0);
  }

  void copy(const array_shape& box, const std::byte* source, std::byte* target,
            std::size_t axis) const {
    const bool last = axis + 1 == box.size();
    if (last && !swap && from_strides[axis] == item) {
      std::memcpy(target, source, static_cast<std::size_t>(box[axis] * item));
      return;
    }
    for (index_t i = 0; i < box[axis]; ++i) {
      const std::byte* const s = source + i * from_strides[axis];
      std::byte* const t = target + i * to_strides[axis];
      if (!last) {
        copy(box, s, t, axis + 1);
      } else if (swap) {
        std::reverse_copy(s, s + item, t);
      } else {
        std::memcpy(t, s, static_cast<std::size_t>(item));
      }
    }
  }
};

void fill_elements(std::span<std::byte> bytes, byte_view element) {
  for (std::size_t at = 0; at < bytes.size(); at += element.size()) {
    std::copy(element.begin(), element.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

/// Steps an index over all axes but the first; false after the last position.
bool advance(array_shape& index, const array_shape& grid) {
  for (std::size_t axis = grid.size(); axis-- > 1;) {
    if (++index[axis] < grid[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

}  // namespace

zarr_field::zarr_field(std::shared_ptr<const byte_store> store, std::string key,
                       index_t block_limit)
    : store_(std::move(store)), key_(std::move(key)) {
  const std::string file = key_ + "/.zarray";
  const auto document = store_->read(file, document_bytes_limit);
  if (!document) fail(file, "is missing");
  try {
    metadata_ = parse_zarray(flowkit::detail::chars_of(document->bytes));
    describe(block_limit);
  } catch (const invalid_input& problem) {
    fail(file, problem.what());
  }
}

void zarr_field::fail(const std::string& file, const std::string& what) const {
  throw file_error(store_->source(), text("field ", field_name(key_), ": ", file, ": ", what));
}

void zarr_field::describe(index_t block_limit) {
  const array_shape& shape = metadata_.shape;
  FLOWKIT_VALIDATE(!shape.empty(), "it is a scalar; the first axis must count frames");
  FLOWKIT_VALIDATE(std::find(shape.begin() + 1, shape.end(), 0) == shape.end(), "its shape ",
                   flowkit::to_text(shape), " has an axis of length 0");
  info_ = {field_name(key_), metadata_.type, {shape.begin() + 1, shape.end()}};
  index_t chunks = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const index_t cut = metadata_.chunks[axis];
    grid_.push_back(shape[axis] / cut + (shape[axis] % cut == 0 ? 0 : 1));
    const auto bounded_count = [](index_t n) { return std::min(n, chunks_per_block_limit + 1); };
    if (axis > 0) chunks = bounded_count(chunks) * bounded_count(grid_.back());
  }
  FLOWKIT_VALIDATE(chunks <= chunks_per_block_limit, "one frame is cut into more than ",
                   chunks_per_block_limit, " chunks");
  chunk_bytes_ = *byte_count(metadata_.type, metadata_.chunks);
  array_shape block = shape;
  block[0] = std::min(shape[0], metadata_.chunks[0]);
  const index_t bytes = std::max(*byte_count(metadata_.type, block), chunk_bytes_);
  FLOWKIT_VALIDATE(bytes <= block_limit, "its chunks ", flowkit::to_text(metadata_.chunks),
                   " need ", bytes, " bytes at once, more than the limit of ", block_limit,
                   "; make chunks smaller or raise the limit");
}

std::string zarr_field::file_of(const array_shape& index) const {
  return key_ + "/" + chunk_name(metadata_, index);
}

std::optional<blob> zarr_field::decode(const array_shape& index) const {
  const std::string file = file_of(index);
  const auto packed = store_->read(file, packed_limit(chunk_bytes_));
  if (!packed) return std::nullopt;
  try {
    return decompress(metadata_.compress, *packed, chunk_bytes_);
  } catch (const invalid_input& problem) {
    fail(file, problem.what());
  }
}

bool zarr_field::frames_lie_in_chunks() const {
  const bool whole = std::equal(info_.frame.begin(), info_.frame.end(),
                                metadata_.chunks.begin() + 1, metadata_.chunks.end());
  const bool native = metadata_.endian == std::endian::native || item_size(metadata_.type) == 1;
  // With one axis both orders are the same.
  const bool c = metadata_.order == chunk_order::c || metadata_.shape.size() == 1;
  return whole && native && c;
}

frame_block zarr_field::load(index_t block) const {
  FLOWKIT_EXPECT(block >= 0 && block < blocks());
  const index_t first = block * block_frames();
  frame_block out{first, std::min(block_frames(), frames() - first), {}, {}};
  std::optional<blob> whole;
  if (frames_lie_in_chunks()) {
    array_shape index(grid_.size());
    index[0] = block;
    whole = decode(index);
  }
  if (!whole) whole = assemble(block, out.count);
  out.bytes = whole->bytes.first(static_cast<std::size_t>(out.count * info_.frame_bytes()));
  out.owner = std::move(whole->owner);
  return out;
}

blob zarr_field::assemble(index_t block, index_t count) const {
  const index_t item = item_size(metadata_.type);
  const detail::fresh_bytes out(static_cast<std::size_t>(count * info_.frame_bytes()));
  fill_elements(out.bytes, metadata_.fill);
  array_shape shape = metadata_.shape;
  shape[0] = count;
  const array_shape strides = strides_of(shape, item, chunk_order::c);
  const array_shape chunk_strides = strides_of(metadata_.chunks, item, metadata_.order);
  const bool swap = metadata_.endian != std::endian::native;

  array_shape index(grid_.size());
  do {
    index[0] = block;
    const auto chunk = decode(index);
    if (!chunk) continue;
    index[0] = 0;  // from here on within the block
    const box_copy copy{chunk->bytes.data(), chunk_strides, out.bytes.data(), strides, item, swap};
    copy.run(shape, metadata_.chunks, index);
  } while (advance(index, grid_));
  return out.share();
}

index_t zarr_field::absent_chunks(index_t block) const {
  index_t absent = 0;
  array_shape index(grid_.size());
  do {
    index[0] = block;
    absent += store_->contains(file_of(index)) ? 0 : 1;
  } while (advance(index, grid_));
  return absent;
}

}  // namespace flowkit::policy
