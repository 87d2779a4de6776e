// Windows over images as rows of a matrix, in the format of a product's operands.
#pragma once

#include "executor.hpp"

#include <flowkit/backend/geometry.hpp>

namespace flowkit::detail {

/// Images [batch, height, width, channels] with any steps between pixels, and their windows. Line
/// l = image * output height + output row holds `width` rows of taps * channels elements.
class image_windows {
 public:
  image_windows(const convolution_geometry& g, const extents<4>& image)
      : geometry_(g),
        image_(image),
        height_(g.windows(0, image[1])),
        width_(g.windows(1, image[2])) {}

  [[nodiscard]] index_t batch() const { return image_[0]; }
  [[nodiscard]] index_t height() const { return height_; }
  [[nodiscard]] index_t width() const { return width_; }
  [[nodiscard]] index_t lines() const { return image_[0] * height_; }
  /// Elements of a window.
  [[nodiscard]] index_t row_size() const { return geometry_.taps() * image_[3]; }
  /// Lines whose windows, at most `elements` of them, are worked on together.
  [[nodiscard]] index_t lines_within(index_t elements) const {
    return std::max<index_t>(1, elements / std::max<index_t>(1, width_ * row_size()));
  }

  /// Stores the windows of a line; padding becomes 0.
  void lower(const product_executor& by, const view<const float, 4, host_space>& x, index_t line,
             std::byte* to) const;

  /// Adds the windows of a line, which are floats, to the pixels that they saw.
  void raise(instruction_set set, const float* windows, index_t line,
             const view<float, 4, host_space>& x) const;

 private:
  /// What a row of the kernel sees of a row of the image from an output column: taps [first, last),
  /// the first of which lies on column `column`.
  struct sight {
    index_t first;
    index_t last;
    index_t column;
  };
  [[nodiscard]] sight seen_from(index_t column) const;
  /// The row of the image under a row of the kernel, or -1.
  [[nodiscard]] index_t input_row(index_t line, index_t down) const;

  convolution_geometry geometry_;
  extents<4> image_;
  index_t height_;
  index_t width_;
};

}  // namespace flowkit::detail
