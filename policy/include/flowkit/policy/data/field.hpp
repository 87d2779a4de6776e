// One named quantity over the frames of a data set, and how its frames are fetched in blocks.
#pragma once

#include <flowkit/io/array.hpp>

#include <cmath>
#include <memory>
#include <string>

namespace flowkit::policy {

/// Largest magnitude that is learnt from: float holds the sum of squares of many such numbers.
inline constexpr double largest_learnable = 1e18;

/// Whether a state or an action may hold this number: finite, and not too large.
[[nodiscard]] inline bool learnable(double number) { return std::abs(number) <= largest_learnable; }

/// Name, element type and shape of one frame, e.g. {"img", u8, [96, 96, 3]}; a scalar per frame has
/// the shape [].
struct field_info {
  std::string name;
  dtype type = dtype::f32;
  array_shape frame;

  /// Numbers per frame.
  [[nodiscard]] index_t width() const;
  [[nodiscard]] index_t frame_bytes() const { return width() * item_size(type); }

  friend bool operator==(const field_info&, const field_info&) = default;
};

/// Field as in messages: "img u8 [96, 96, 3]".
[[nodiscard]] std::string to_text(const field_info& field);

/// Whether a name can be a field: 1 to 64 letters, digits, '_', '-' or '.', no leading '.'. Names
/// become parts of paths, so nothing else is accepted from a file or a caller.
[[nodiscard]] bool valid_field_name(std::string_view name) noexcept;

/// Consecutive decoded frames, little-endian and row-major; `owner` keeps the bytes alive. They lie
/// in a mapped file where a large one holds them raw, else in memory.
struct frame_block {
  index_t first = 0;
  index_t count = 0;
  byte_view bytes;
  std::shared_ptr<const void> owner;
};

/// Where the frames of a field come from. Block b holds the frames b * block_frames() and
/// following; the last block may be shorter. `load` is called by several threads at once.
class field_source {
 public:
  field_source() = default;
  field_source(const field_source&) = delete;
  field_source& operator=(const field_source&) = delete;
  virtual ~field_source() = default;

  [[nodiscard]] virtual const field_info& info() const = 0;
  [[nodiscard]] virtual index_t frames() const = 0;
  [[nodiscard]] virtual index_t block_frames() const = 0;
  /// Decodes one block. Throws file_error that names file and field. Allocates.
  [[nodiscard]] virtual frame_block load(index_t block) const = 0;

  [[nodiscard]] index_t blocks() const { return (frames() + block_frames() - 1) / block_frames(); }
};

/// A field that lies in memory, as one block. Throws invalid_input unless `values` is
/// [frames, frame shape...] and the name is valid.
[[nodiscard]] std::shared_ptr<const field_source> field_in_memory(std::string name, array values);

}  // namespace flowkit::policy
